// Shows a picture of a digit as text, asks the model which digit it is, and how sure it is of each.
//
//     node examples/02-classify-image.mjs [zero|one|...|nine]
import { readFileSync } from 'node:fs';
import process from 'node:process';

const { SLUICE_URL: API = 'http://127.0.0.1:3000', SLUICE_API_KEY: API_KEY } = process.env;
const NAMES = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

const name = process.argv[2] ?? 'seven';
if (!NAMES.includes(name)) fail(`there is no picture of ${name}, there is one of ${NAMES.join(', ')}`);

// The Open Inference Protocol: every input has a name, a shape, a datatype, and its numbers, row by row.
const request = JSON.parse(readFileSync(new URL(`../models/digits/samples/${name}.json`, import.meta.url), 'utf8'));
const [image] = request.inputs;
for (let row = 0; row < 28; row += 1) {
  const pixels = image.data.slice(row * 28, (row + 1) * 28);
  console.log(
    pixels
      .map((pixel) => ' .:*#'[Math.round(pixel * 4)].repeat(2))
      .join('')
      .trimEnd(),
  );
}

const response = await ask('/v2/models/digits/infer', { method: 'POST', body: JSON.stringify(request) });
const { outputs } = await response.json();
const probabilities = outputs[0].data;
for (const [digit, probability] of probabilities.entries())
  console.log(`${digit}  ${'█'.repeat(Math.round(probability * 40))} ${(probability * 100).toFixed(1)} %`);
const answer = probabilities.indexOf(Math.max(...probabilities));
console.log(`This is a ${NAMES[answer]}.`);
if (NAMES[answer] !== name) fail(`it is a ${name}`);

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
