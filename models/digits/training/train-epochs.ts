import type { Random } from '@sluice/onnx-writer';
import { Adam } from './adam.js';
import { type DigitImages, pick, shuffledIndices } from './digit-images.js';
import type { Network } from './network.js';
import { shiftImages } from './shift-images.js';
import { crossEntropy } from './softmax.js';

export interface TrainingPlan {
  readonly epochs: number;
  readonly batchSize: number;
  /** At the start; it falls to zero along half a cosine (Loshchilov and Hutter, SGDR, 2016). */
  readonly learningRate: number;
  /** Pixels that an image may be moved by. */
  readonly shift: number;
}

/** Trains the network in place; yields the mean loss of each epoch when it ends. */
export function* trainEpochs(
  network: Network,
  images: DigitImages,
  plan: TrainingPlan,
  random: Random,
): Generator<number, void> {
  const count = images.labels.length;
  const steps = plan.epochs * Math.ceil(count / plan.batchSize);
  const adam = new Adam(network.parameters);
  let step = 0;
  for (let epoch = 0; epoch < plan.epochs; epoch++) {
    const order = shuffledIndices(count, random);
    let lossSum = 0;
    for (let start = 0; start < count; start += plan.batchSize) {
      const { pixels, labels } = pick(images, order.subarray(start, start + plan.batchSize));
      const { loss, gradient } = crossEntropy(network.forward(shiftImages(pixels, plan.shift, random)), labels);
      network.backward(gradient);
      adam.step((plan.learningRate * (1 + Math.cos((Math.PI * step++) / steps))) / 2);
      lossSum += loss * labels.length;
    }
    yield lossSum / count;
  }
}
