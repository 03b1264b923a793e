<?php
// The API page's example for PHP, with Guzzle, as a command.

$autoload = __DIR__ . '/vendor/autoload.php';
require_once(is_file($autoload) ? $autoload : 'GuzzleHttp/autoload.php'); // Debian's is on the include path

ini_set('serialize_precision', '-1');

function untagged($value) {
  if (is_array($value)) {
    return array_map('untagged', $value);
  }
  if (!is_object($value)) {
    return $value;
  }
  $members = get_object_vars($value);
  switch ($members['$stt'] ?? null) {
    case 'nan': return NAN;
    case 'infinity': return INF;
    case '-infinity': return -INF;
    case 'object': $members = array_column($members['entries'], 1, 0);
  }
  return (object) array_map('untagged', $members);
}

function tagged($value) {
  if (is_array($value)) {
    return array_map('tagged', $value);
  }
  if (is_object($value)) {
    return (object) array_map('tagged', get_object_vars($value));
  }
  if (!is_float($value) || is_finite($value)) {
    return $value;
  }
  return ['$stt' => is_nan($value) ? 'nan' : ($value > 0 ? 'infinity' : '-infinity')];
}

function transcribe($call) {
  $payload = (object) array_filter(get_object_vars(untagged($call->arguments)), fn ($value) => $value !== null);
  if (isset($payload->input_audio->format_)) {
    $payload->input_audio->format = $payload->input_audio->format_;
    unset($payload->input_audio->format_);
  }

  // From here on it is the example, with the call's values in place of its own.
  $client = new \GuzzleHttp\Client();
  $response = $client->request('POST', "$call->base_url/audio/transcriptions", [
    'body' => json_encode($payload, JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR),
    'headers' => [
      'Authorization' => "Bearer $call->api_key",
      'Content-Type' => 'application/json',
    ],
  ]);
  return json_decode($response->getBody(), false, 512, JSON_THROW_ON_ERROR);
}

function returned($body) {
  $wanted = ['text' => 0, 'usage' => 0, 'error' => 0];
  return (object) (is_object($body) ? array_intersect_key(get_object_vars($body), $wanted) : []);
}

function is_foreign($class) {
  return !(new ReflectionClass($class))->isInternal();
}

function error(Throwable $error) {
  $found = [
    'types' => array_merge([get_class($error)], array_filter(array_values(class_parents($error)), 'is_foreign')),
    'message' => $error->getMessage(),
  ];
  if ($error instanceof \GuzzleHttp\Exception\RequestException && $error->hasResponse()) {
    $response = $error->getResponse();
    $found['status'] = $response->getStatusCode();
    $found['headers'] = array_map(fn ($values) => implode(', ', $values), $response->getHeaders());
    $found['body'] = (string) $response->getBody();
  }
  return $found;
}

function say($line) {
  echo json_encode($line, JSON_INVALID_UTF8_SUBSTITUTE | JSON_PRESERVE_ZERO_FRACTION), "\n";
  flush();
}

say([
  'protocol' => 1,
  'name' => 'Guzzle',
  'version' => (string) \GuzzleHttp\ClientInterface::MAJOR_VERSION,
  'features' => ['api_key', 'input_audio', 'model', 'language', 'provider', 'temperature'],
]);
while (($line = fgets(STDIN)) !== false) {
  $call = json_decode($line, false, 10000, JSON_THROW_ON_ERROR);
  try {
    say(['id' => $call->id, 'ok' => tagged(returned(transcribe($call)))]);
  } catch (Throwable $error) {
    say(['id' => $call->id, 'error' => error($error)]);
  }
}
