/**
 * Trains the starter model and writes everything that follows from it: model, samples, the measured part of the card.
 *
 *     npm run build && node dist/models/digits/train.js
 *
 * from the repository's root. One core, a few minutes, the same model each time.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { seededRandom } from '@sluice/onnx-writer';
import { IMAGE_PIXELS, loadDigitImages } from './training/digit-images.js';
import { digitsNetwork } from './training/digits-network.js';
import { evaluate } from './training/evaluation.js';
import { exportOnnx } from './training/export-onnx.js';
import { updateCard } from './training/model-card.js';
import type { Network } from './training/network.js';
import { DIGIT_NAMES, firstRecognised, sampleRequest } from './training/sample-request.js';
import { trainEpochs } from './training/train-epochs.js';

const SEED = 1;
const PLAN = { epochs: 12, batchSize: 32, learningRate: 2e-3, shift: 2 };
/** From the working directory, not from this file: what runs is the copy in dist/. */
const FOLDER = resolve('models/digits');

const startedAt = performance.now();
const { training, heldOut } = await loadDigitImages();
// Read first: in a wrong working directory this fails now, not after the training.
const card = await readFile(resolve(FOLDER, 'README.md'), 'utf8');

const random = seededRandom(SEED);
const network = digitsNetwork(random);
let epoch = 0;
for (const loss of trainEpochs(network, training, PLAN, random)) {
  const { accuracy } = evaluate(scoresOf(network, heldOut.pixels), heldOut.labels);
  print(`epoch ${++epoch}/${PLAN.epochs}  loss ${loss.toFixed(4)}  held-out accuracy ${percent(accuracy)}`);
}

const scores = scoresOf(network, heldOut.pixels);
const model = exportOnnx(network);
const evaluation = evaluate(scores, heldOut.labels);
await mkdir(resolve(FOLDER, '1'), { recursive: true });
await writeFile(resolve(FOLDER, '1/model.onnx'), model);
await mkdir(resolve(FOLDER, 'samples'), { recursive: true });
await Promise.all(
  DIGIT_NAMES.map(async (name, digit) => {
    const request = sampleRequest(firstRecognised(heldOut, scores, digit));
    await writeFile(resolve(FOLDER, `samples/${name}.json`), `${request}\n`);
  }),
);
const measured = { model, evaluation, heldOut: heldOut.labels.length, seconds: (performance.now() - startedAt) / 1000 };
await writeFile(resolve(FOLDER, 'README.md'), updateCard(card, measured));
print(
  `${percent(evaluation.accuracy)} on held-out images, ${model.byteLength} bytes, ${Math.round(measured.seconds)} s`,
);

/** In parts, so that a forward pass over many images does not keep the columns of all of them. */
function scoresOf(trained: Network, pixels: Float32Array): Float32Array {
  const part = 100 * IMAGE_PIXELS;
  const parts = Array.from({ length: Math.ceil(pixels.length / part) }, (_, index) =>
    trained.forward(pixels.subarray(index * part, (index + 1) * part)),
  );
  return Float32Array.from(parts.flatMap((each) => Array.from(each)));
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}

function print(line: string): void {
  process.stdout.write(`[${((performance.now() - startedAt) / 1000).toFixed(0).padStart(3)} s] ${line}\n`);
}
