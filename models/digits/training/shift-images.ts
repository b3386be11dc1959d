import type { Random } from '@sluice/onnx-writer';
import { IMAGE_PIXELS, IMAGE_SIZE } from './digit-images.js';

/** Moves each image by up to `most` pixels in both directions, so that the network learns shapes and not places. */
export function shiftImages(pixels: Float32Array, most: number, random: Random): Float32Array {
  const shifted = new Float32Array(pixels.length);
  for (let image = 0; image < pixels.length; image += IMAGE_PIXELS) {
    const dx = randomShift(most, random);
    const dy = randomShift(most, random);
    const start = Math.max(0, -dx);
    const end = Math.min(IMAGE_SIZE, IMAGE_SIZE - dx);
    for (let y = Math.max(0, -dy); y < Math.min(IMAGE_SIZE, IMAGE_SIZE - dy); y++) {
      const row = image + y * IMAGE_SIZE;
      shifted.set(pixels.subarray(row + start, row + end), row + dy * IMAGE_SIZE + start + dx);
    }
  }
  return shifted;
}

/** A whole number from -most to most. */
function randomShift(most: number, random: Random): number {
  return Math.floor(random() * (2 * most + 1)) - most;
}
