// The official SDK for JavaScript, @openrouter/sdk, as a command. It translates nothing but names: an argument
// `input_audio.format_` is `inputAudio.format` there, and the options of `amazon-bedrock` are those of `amazonBedrock`.

import { createInterface } from 'node:readline';
import { OpenRouter, SDK_METADATA } from '@openrouter/sdk';

const NUMBERS = { nan: NaN, infinity: Infinity, '-infinity': -Infinity };

function untagged(_name, value) {
  if (value === null || typeof value !== 'object' || !('$stt' in value)) return value;
  return value.$stt === 'object' ? Object.fromEntries(value.entries) : NUMBERS[value.$stt];
}

const camel = (slug) => slug.replace(/[-/](\w)/g, (_match, letter) => letter.toUpperCase());

function namesOf(provider) {
  if (!provider?.options || typeof provider.options !== 'object') return provider;
  const options = Object.entries(provider.options).map(([slug, value]) => [camel(slug), value]);
  return { ...provider, options: Object.fromEntries(options) };
}

function transcribe({ base_url, api_key, retries, arguments: named }) {
  const given = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== null));
  const { input_audio, http_referer, x_open_router_title, x_open_router_categories, provider, ...rest } = given;
  const { format_, ...audio } = input_audio ?? {};
  if (format_ !== undefined) audio.format = format_;
  const sttRequest = { ...rest, inputAudio: input_audio && audio };
  if (provider !== undefined) sttRequest.provider = namesOf(provider);
  const request = {
    sttRequest,
    httpReferer: http_referer,
    appTitle: x_open_router_title,
    appCategories: x_open_router_categories,
  };
  const client = new OpenRouter({ apiKey: api_key, serverURL: base_url });
  return client.stt.createTranscription(request, retries ? {} : { retries: { strategy: 'none' } });
}

function typesOf(error) {
  const types = [];
  for (let kind = error.constructor; kind?.name && kind !== Error; kind = Object.getPrototypeOf(kind)) types.push(kind.name);
  return types.length ? types : ['Error'];
}

function described(error) {
  const found = { types: typesOf(error), message: error.message };
  if (error.statusCode === undefined) return found;
  const headers = Object.fromEntries(error.headers);
  return { ...found, status: error.statusCode, headers, body: error.body };
}

const tagged = (_name, value) =>
  typeof value === 'number' && !Number.isFinite(value) ? { $stt: `${value}`.toLowerCase() } : value;

const say = (line) => process.stdout.write(`${JSON.stringify(line, tagged)}\n`);

say({
  protocol: 1,
  name: '@openrouter/sdk',
  version: SDK_METADATA.sdkVersion,
  features: [
    'api_key', 'input_audio', 'model', 'language', 'provider', 'temperature', 'retries',
    'http_referer', 'x_open_router_title', 'x_open_router_categories',
  ],
  at_once: true,
});
for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line, untagged);
  Promise.resolve(call)
    .then(transcribe)
    .then(({ text, usage }) => say({ id: call.id, ok: { text, usage } }))
    .catch((error) => say({ id: call.id, error: described(error) }));
}
