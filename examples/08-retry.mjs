// The loop that a client needs to lose nothing and do nothing twice, to be copied: it tries again when the server is busy or
// the connection breaks, when the server says, and with a key by which the server knows a request that it has had.
//
//     node examples/08-retry.mjs
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import process from 'node:process';

const { SLUICE_URL: API = 'http://127.0.0.1:3000', SLUICE_API_KEY: API_KEY } = process.env;
const ATTEMPTS = 6;
const LONGEST_WAIT_MS = 10_000;
let retries = 0;

/** Resolves with the answer to a request that is run once, however often it has to be sent. */
async function send(path, body, idempotencyKey = randomUUID()) {
  const headers = { 'idempotency-key': idempotencyKey, ...(API_KEY && { 'x-api-key': API_KEY }) };
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(API + path, { method: 'POST', body, headers }).catch((error) => error);
    // 429: too much at once. 503: a part of the cluster is away for a moment. An Error: nobody knows whether it arrived.
    const mayHelp = response instanceof Error || response.status === 429 || response.status === 503;
    if (!mayHelp || attempt === ATTEMPTS) return response;
    // What the server says, in milliseconds or in HTTP's whole seconds; and twice as long each time, as others wait too.
    const after = response.headers?.get('retry-after-ms') ?? response.headers?.get('retry-after') * 1000;
    const wait = Math.min(LONGEST_WAIT_MS, Math.max(Number(after) || 0, 50 * 2 ** attempt));
    await response.body?.cancel();
    retries += 1;
    // Not all at the same moment.
    await delay(wait * (1 + Math.random() / 2));
  }
}

const body = readFileSync(new URL('../models/digits/samples/nine.json', import.meta.url));
const path = '/v2/models/digits/infer';
const answers = await Promise.all(Array.from({ length: 20 }, () => send(path, body)));
for (const answer of answers) {
  if (answer instanceof Error) fail(`nothing answers at ${API}: start a cluster with npm start, or set SLUICE_URL`);
  if (!answer.ok) fail(`still ${answer.status} after ${ATTEMPTS} attempts: ${await answer.text()}`);
}
console.log(`20 requests, 20 answers; ${retries} had to be sent again.`);

// The same key again: the answer of the first time, and nothing runs.
const key = `order-${randomUUID()}`;
const [first, second] = [await send(path, body, key), await send(path, body, key)];
const isSame = (await first.text()) === (await second.text());
console.log(`Sent twice with one key: ${isSame ? 'one answer, the same twice' : 'two answers'}.`);
if (!isSame) fail('the second answer differs from the first');

// A key stands for one request. Another one with it is a mistake of the client, and refused.
const other = readFileSync(new URL('../models/digits/samples/six.json', import.meta.url));
const mistake = await send(path, other, key);
console.log(`Another request with that key: ${mistake.status} ${mistake.headers.get('x-sluice-error')}.`);
if (mistake.status !== 422) fail('expected 422');

function fail(reason) {
  console.error(`failed: ${reason}`);
  process.exit(1);
}
