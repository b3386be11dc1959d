// Adds a second model to a cluster that runs, without a restart, and asks both: one which digit is in a picture, the other
// whether a digit is even. To be run where the cluster's models folder is (models, or SLUICE_MODELS).
//
//     node examples/06-two-models.mjs
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const { SLUICE_URL: API = 'http://127.0.0.1:3000', SLUICE_API_KEY: API_KEY } = process.env;
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = join(process.env.SLUICE_MODELS || join(ROOT, 'models'), 'parity');

if (existsSync(FOLDER)) fail(`there is ${FOLDER} already: remove it first`);
process.on('exit', () => rmSync(FOLDER, { recursive: true, force: true }));
cpSync(join(ROOT, 'examples', 'models', 'parity'), FOLDER, { recursive: true });

// Resolves when every worker serves it. An administrator's call, where the API has keys.
await ask('/v2/repository/models/parity/load', { method: 'POST' });
const { inputs, outputs } = await (await ask('/v2/models/parity')).json();
console.log(`Loaded: parity takes ${describe(inputs)} and answers ${describe(outputs)}`);

const picture = readFileSync(new URL('../models/digits/samples/four.json', import.meta.url), 'utf8');
const [probabilities] = await infer('digits', picture);
console.log(`digits: this is a ${probabilities.data.indexOf(Math.max(...probabilities.data))}`);

// What one model answers is what the other one takes.
const [parity] = await infer('parity', JSON.stringify({ inputs: [{ ...probabilities, name: 'probabilities' }] }));
const [even, odd] = parity.data;
console.log(`parity: even with ${(even * 100).toFixed(1)} %, odd with ${(odd * 100).toFixed(1)} %`);

await ask('/v2/repository/models/parity/unload', { method: 'POST' });
console.log('Unloaded again.');

async function infer(model, body) {
  const response = await ask(`/v2/models/${model}/infer`, { method: 'POST', body });
  return (await response.json()).outputs;
}

function describe(tensors) {
  return tensors.map(({ name, datatype, shape }) => `${name} ${datatype} [${shape}]`).join(', ');
}

async function ask(path, options = {}) {
  const headers = { ...options.headers, ...(API_KEY && { 'x-api-key': API_KEY }) };
  const reply = await fetch(API + path, { ...options, headers }).catch(() =>
    fail(`nothing answers at ${API}: start a cluster with npm start, or set SLUICE_URL`),
  );
  if (!reply.ok) fail(`${path} was answered with ${reply.status}: ${await reply.text()}`);
  return reply;
}

function fail(reason) {
  console.error(`failed: ${reason}`);
  process.exit(1);
}
