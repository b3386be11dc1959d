/**
 * Trains the first version of the rollout's example: the starter model's network, which is shown the digits 0 to 4 alone.
 *
 *     npm run build && node dist/models/digits/train-half.js
 *
 * from the repository's root. One core, half a minute, the same model each time. Of the digits that it never saw it
 * recognises none, and takes each for one that it knows.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { seededRandom } from '@sluice/onnx-writer';
import { loadDigitImages, pick, type DigitImages } from './training/digit-images.js';
import { digitsNetwork } from './training/digits-network.js';
import { evaluate } from './training/evaluation.js';
import { exportOnnx } from './training/export-onnx.js';
import { trainEpochs } from './training/train-epochs.js';

const SEED = 1;
const PLAN = { epochs: 4, batchSize: 32, learningRate: 2e-3, shift: 2 };
const KNOWN = 5;
/** From the working directory, not from this file: what runs is the copy in dist/. */
const FOLDER = resolve('examples/models/digits-half/1');

const { training, heldOut } = await loadDigitImages();
const random = seededRandom(SEED);
const network = digitsNetwork(random);
for (const loss of trainEpochs(network, only(training), PLAN, random))
  process.stdout.write(`loss ${loss.toFixed(4)}\n`);

await mkdir(FOLDER, { recursive: true });
await writeFile(resolve(FOLDER, 'model.onnx'), exportOnnx(network));
for (const [name, images] of Object.entries({ 'digits 0 to 4': only(heldOut), 'all digits': heldOut })) {
  const { accuracy } = evaluate(network.forward(images.pixels), images.labels);
  process.stdout.write(`${name}: ${(100 * accuracy).toFixed(1)} % of ${images.labels.length} held-out images\n`);
}

/** The images of the digits that it is shown. */
function only(images: DigitImages): DigitImages {
  const known = [...images.labels.entries()].flatMap(([index, label]) => (label < KNOWN ? index : []));
  return pick(images, Uint32Array.from(known));
}
