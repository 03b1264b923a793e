// The API page's example for JavaScript, with fetch, as a command.

import { createInterface } from 'node:readline';

const NUMBERS = { nan: NaN, infinity: Infinity, '-infinity': -Infinity };

function untagged(_name, value) {
  if (value === null || typeof value !== 'object' || !('$stt' in value)) return value;
  return value.$stt === 'object' ? Object.fromEntries(value.entries) : NUMBERS[value.$stt];
}

async function transcribe({ base_url, api_key, arguments: given }) {
  const payload = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
  if (payload.input_audio?.format_ !== undefined) {
    const { format_: format, ...audio } = payload.input_audio;
    payload.input_audio = { ...audio, format };
  }

  // From here on it is the example, with the call's values in place of its own.
  const url = `${base_url}/audio/transcriptions`;
  const options = {
    method: 'POST',
    headers: { Authorization: `Bearer ${api_key}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(payload),
  };
  const response = await fetch(url, options);
  return await response.json();
}

const tagged = (_name, value) =>
  typeof value === 'number' && !Number.isFinite(value) ? { $stt: `${value}`.toLowerCase() } : value;

const say = (line) => process.stdout.write(`${JSON.stringify(line, tagged)}\n`);

say({
  protocol: 1,
  name: 'fetch of node',
  version: process.versions.node,
  features: ['api_key', 'input_audio', 'model', 'language', 'provider', 'temperature'],
  at_once: true,
});
for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line, untagged);
  transcribe(call)
    .then((data) => say({ id: call.id, ok: { text: data?.text, usage: data?.usage, error: data?.error } }))
    .catch((error) => say({ id: call.id, error: { types: [error.name], message: error.message } }));
}
