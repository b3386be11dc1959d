import { type DigitImages, IMAGE_PIXELS, IMAGE_SIZE } from './digit-images.js';
import { indexOfGreatest } from './evaluation.js';

/** Names of the samples, by the digit they show. */
export const DIGIT_NAMES = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'] as const;

/** The body of a request of the Open Inference Protocol v2 for one image [28, 28]; the three decimals of the data set. */
export function sampleRequest(pixels: Float32Array): string {
  const data = Array.from(pixels, (value) => Number(value.toFixed(3)));
  return JSON.stringify({ inputs: [{ name: 'image', shape: [1, 1, IMAGE_SIZE, IMAGE_SIZE], datatype: 'FP32', data }] });
}

/**
 * The first image of a digit that the model recognises.
 * @param scores [count, 10], the model's answers to the images
 * @throws Error when it recognises none
 */
export function firstRecognised({ pixels, labels }: DigitImages, scores: Float32Array, digit: number): Float32Array {
  const index = labels.findIndex(
    (label, row) => label === digit && indexOfGreatest(scores.subarray(row * 10, (row + 1) * 10)) === digit,
  );
  if (index < 0) throw new Error(`no image of a ${digit} is recognised`);
  return pixels.subarray(index * IMAGE_PIXELS, (index + 1) * IMAGE_PIXELS);
}
