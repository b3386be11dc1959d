// Teaches a model more while it is being asked. Version 1 was trained on the digits 0 to 4 alone, version 2 on all ten;
// version 2 is pushed and rolled out under load: its files are verified, it is opened in a sandbox, loaded beside the
// version that serves, measured, gets 20 % of the requests, then half, then all of them.
//
//     node examples/09-rollout.mjs
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';

const { SLUICE_URL: API = 'http://127.0.0.1:3000', SLUICE_API_KEY: API_KEY } = process.env;
const MODEL = 'lesson';
const CLIENTS = 4;
const NAMES = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
const PICTURES = NAMES.map((name) => read(`../models/digits/samples/${name}.json`));

const first = await push('models/digits-half/1/model.onnx', 'trained on the digits 0 to 4');
await rollOut(first);

// From here on somebody always asks, and nobody may be refused.
const seen = { right: 0, asked: 0, failed: 0 };
const over = new AbortController();
const clients = Array.from({ length: CLIENTS }, (_, client) => askOnAndOn(client));
await delay(1_000);
const before = take();

const second = await push('../models/digits/1/model.onnx', 'trained on all digits');
// Of each version so many answers are compared before it gets more of the requests.
await rollOut(second, { canaryPercent: 20, steps: [50], minSamples: 40, maxStepSeconds: 20 });
const during = take();
await delay(1_000);
const after = take();
over.abort();
await Promise.all(clients);

console.log(`\nversion ${first}: ${percent(before)} of ${before.asked} answers were right`);
console.log(`during the rollout: ${percent(during)} of ${during.asked}`);
console.log(`version ${second}: ${percent(after)} of ${after.asked}`);
const failed = before.failed + during.failed + after.failed + seen.failed;
console.log(`${failed} requests failed`);
if (failed > 0) fail('a rollout costs no request');

async function push(file, origin) {
  const response = await ask(`/models/${MODEL}/versions?origin=${encodeURIComponent(origin)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: readFileSync(new URL(file, import.meta.url)),
  });
  const { version, bytes, digest } = await response.json();
  console.log(`pushed version ${version}: ${bytes} bytes, sha256 ${digest.slice(0, 12)}…, ${origin}`);
  return version;
}

/** Resolves when every worker serves it. */
async function rollOut(version, strategy) {
  const begun = await ask(`/models/${MODEL}/rollouts`, { method: 'POST', body: JSON.stringify({ version, strategy }) });
  const { id } = await begun.json();
  // Server-sent events: what happens, as it happens.
  const events = await ask(`/models/${MODEL}/rollouts/${id}/events`);
  let text = '';
  for await (const part of events.body.pipeThrough(new TextDecoderStream())) {
    text += part;
    const messages = text.split('\n\n');
    text = messages.pop();
    for (const message of messages) {
      const data = /^data: (.*)$/m.exec(message)?.[1];
      if (/^event: step$/m.test(message)) {
        const { phase, message: what } = JSON.parse(data);
        console.log(`  ${phase.padEnd(11)} ${what}`);
      }
      if (!/^event: end$/m.test(message)) continue;
      const { phase, fault } = JSON.parse(data);
      if (phase !== 'promoted') fail(`version ${version} was rolled back: ${fault?.reason}`);
      return;
    }
  }
  fail('the events ended before the rollout did');
}

async function askOnAndOn(client) {
  for (let digit = client; !over.signal.aborted; digit = (digit + 1) % PICTURES.length) {
    const response = await request(`/v2/models/${MODEL}/infer`, { method: 'POST', body: PICTURES[digit] });
    seen.asked++;
    if (!response?.ok) {
      seen.failed++;
      continue;
    }
    const [{ data }] = (await response.json()).outputs;
    if (data.indexOf(Math.max(...data)) === digit) seen.right++;
  }
}

/** What was seen since the last call. */
function take() {
  const taken = { ...seen };
  Object.assign(seen, { right: 0, asked: 0, failed: 0 });
  return taken;
}

function percent({ right, asked }) {
  return `${((100 * right) / asked).toFixed(0)} %`;
}

function request(path, options = {}) {
  const headers = { ...options.headers, ...(API_KEY && { 'x-api-key': API_KEY }) };
  return fetch(API + path, { ...options, headers }).catch(() => undefined);
}

async function ask(path, options) {
  const reply = await request(path, options);
  if (!reply) fail(`nothing answers at ${API}: start a cluster with npm start, or set SLUICE_URL`);
  if (!reply.ok) fail(`${path} was answered with ${reply.status}: ${await reply.text()}`);
  return reply;
}

function read(path) {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}

function fail(reason) {
  console.error(`failed: ${reason}`);
  process.exit(1);
}
