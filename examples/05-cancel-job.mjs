// Takes back what has not begun. A model that takes half a second for each request is loaded first, so that there is a
// queue; to be run where the cluster's models folder is (models, or SLUICE_MODELS).
//
//     node examples/05-cancel-job.mjs
import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const { SLUICE_URL: API = 'http://127.0.0.1:3000', SLUICE_API_KEY: API_KEY } = process.env;
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = join(process.env.SLUICE_MODELS || join(ROOT, 'models'), 'slow');

if (existsSync(FOLDER)) fail(`there is ${FOLDER} already: remove it first`);
process.on('exit', () => rmSync(FOLDER, { recursive: true, force: true }));
cpSync(join(ROOT, 'examples', 'models', 'slow'), FOLDER, { recursive: true });
await ask('/v2/repository/models/slow/load', { method: 'POST' });

const body = JSON.stringify({ inputs: [{ name: 'x', shape: [1, 1], datatype: 'FP32', data: [1] }] });
const locations = [];
for (let count = 0; count < 16; count += 1) {
  const accepted = await ask('/v2/models/slow/infer?async=true', { method: 'POST', body });
  locations.push(accepted.headers.get('location'));
}
const last = locations.at(-1);
const { state, position } = await (await ask(last)).json();
console.log(`16 jobs were accepted; the last one is ${state}, at place ${position} of its queue.`);

await ask(last, { method: 'DELETE' });
console.log('Cancelled: it will never run.');
const { status } = await ask(last, { expected: 404 });
console.log(`To ask for it is answered with ${status}.`);

// The first one runs by now, or has run. A batch that runs cannot be stopped, and 409 says so.
let refused = 0;
for (const location of locations.slice(0, -1))
  if ((await ask(location, { method: 'DELETE', expected: 409 })).status === 409) refused += 1;
console.log(`Of the other 15, ${refused} had begun and could not be cancelled.`);
await ask('/v2/repository/models/slow/unload', { method: 'POST' });

async function ask(path, { expected, ...options } = {}) {
  const headers = API_KEY ? { 'x-api-key': API_KEY } : {};
  const reply = await fetch(API + path, { ...options, headers }).catch(() =>
    fail(`nothing answers at ${API}: start a cluster with npm start, or set SLUICE_URL`),
  );
  if (!reply.ok && reply.status !== expected) fail(`${path} was answered with ${reply.status}: ${await reply.text()}`);
  return reply;
}

function fail(reason) {
  console.error(`failed: ${reason}`);
  process.exit(1);
}
