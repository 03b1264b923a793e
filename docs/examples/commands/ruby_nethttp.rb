# The API page's example for Ruby, with Net::HTTP, as a command.

require 'json'
require 'net/http'
require 'uri'

NUMBERS = { 'nan' => Float::NAN, 'infinity' => Float::INFINITY, '-infinity' => -Float::INFINITY }.freeze

def untagged(value)
  case value
  when Array then value.map { |item| untagged(item) }
  when Hash
    case value['$stt']
    when nil then value.transform_values { |item| untagged(item) }
    when 'object' then value['entries'].to_h { |name, item| [name, untagged(item)] }
    else NUMBERS.fetch(value['$stt'])
    end
  else value
  end
end

def tagged(value)
  return value.transform_values { |item| tagged(item) } if value.is_a?(Hash)
  return value unless value.is_a?(Float) && !value.finite?

  { '$stt' => value.nan? ? 'nan' : NUMBERS.key(value) }
end

def transcribe(call)
  payload = untagged(call['arguments']).compact
  audio = payload['input_audio']
  audio['format'] = audio.delete('format_') if audio.is_a?(Hash) && audio.key?('format_')

  # From here on it is the example, with the call's values in place of its own; it has `http.use_ssl = true`.
  url = URI("#{call['base_url']}/audio/transcriptions")
  http = Net::HTTP.new(url.host, url.port)
  http.use_ssl = url.scheme == 'https'
  request = Net::HTTP::Post.new(url)
  request['Authorization'] = "Bearer #{call['api_key']}"
  request['Content-Type'] = 'application/json'
  request.body = JSON.generate(payload)
  response = http.request(request)
  JSON.parse(response.read_body)
end

def returned(body)
  body.is_a?(Hash) ? body.slice('text', 'usage', 'error') : {}
end

def say(line)
  $stdout.puts(JSON.generate(line))
  $stdout.flush
end

say(protocol: 1, name: 'Net::HTTP', version: RUBY_VERSION,
    features: %w[api_key input_audio model language provider temperature])
$stdin.each_line do |line|
  call = JSON.parse(line, max_nesting: false)
  begin
    say(id: call['id'], ok: tagged(returned(transcribe(call))))
  rescue StandardError => e
    types = [e.class, *e.class.ancestors.grep(Class).take_while { |kind| kind != StandardError }].uniq.map(&:name)
    say(id: call['id'], error: { types: types, message: e.message })
  end
end
