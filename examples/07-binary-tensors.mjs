// Sends and receives tensors as raw bytes, which is several times faster for large ones than JSON. Behind the JSON come
// the bytes of the inputs, one after the other; a header says where the JSON ends. Answers are built alike.
//
//     node examples/07-binary-tensors.mjs
import { readFileSync } from 'node:fs';
import process from 'node:process';

const { SLUICE_URL: API = 'http://127.0.0.1:3000', SLUICE_API_KEY: API_KEY } = process.env;

// Ten pictures in one request: a batch of ten rows. Numbers are little-endian, as on all usual machines.
const names = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
const images = new Float32Array(names.flatMap(readImage));
const header = Buffer.from(
  JSON.stringify({
    inputs: [
      {
        name: 'image',
        shape: [names.length, 1, 28, 28],
        datatype: 'FP32',
        parameters: { binary_data_size: images.byteLength },
      },
    ],
    outputs: [{ name: 'probabilities', parameters: { binary_data: true } }],
  }),
);
const response = await ask('/v2/models/digits/infer', {
  method: 'POST',
  headers: { 'inference-header-content-length': String(header.byteLength) },
  body: Buffer.concat([header, Buffer.from(images.buffer)]),
});

const answer = Buffer.from(await response.arrayBuffer());
const jsonLength = Number(response.headers.get('inference-header-content-length'));
const { outputs } = JSON.parse(answer.subarray(0, jsonLength).toString());
const [{ shape, parameters }] = outputs;
const bytes = answer.subarray(jsonLength, jsonLength + parameters.binary_data_size);
// Copied to a buffer of its own: a Float32Array cannot begin at any odd place of another one.
const probabilities = new Float32Array(new Uint8Array(bytes).buffer);
console.log(`${images.byteLength} bytes of pictures sent, ${bytes.byteLength} bytes of numbers [${shape}] received`);

const digits = names.map((_, row) => {
  const ofRow = probabilities.subarray(row * 10, row * 10 + 10);
  return ofRow.indexOf(Math.max(...ofRow));
});
console.log(`The pictures are of ${digits.join(', ')}.`);
if (digits.some((digit, row) => digit !== row)) fail('they are of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9');

function readImage(name) {
  const request = readFileSync(new URL(`../models/digits/samples/${name}.json`, import.meta.url), 'utf8');
  return JSON.parse(request).inputs[0].data;
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
