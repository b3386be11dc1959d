import type { Random } from '@sluice/onnx-writer';
import { Convolution } from './convolution.js';
import { Dense } from './dense.js';
import { IMAGE_SIZE } from './digit-images.js';
import { MaxPool } from './max-pool.js';
import { Network } from './network.js';
import { Relu } from './relu.js';

/** [batch, 1, 28, 28], values 0 to 1 -> logits [batch, 10]: LeNet's plan with today's parts, 52,138 parameters. */
export function digitsNetwork(random: Random): Network {
  const half = IMAGE_SIZE / 2;
  const quarter = IMAGE_SIZE / 4;
  return new Network([
    new Convolution('conv1', { inputs: 1, outputs: 8, size: IMAGE_SIZE, kernel: 3 }, random),
    new Relu(),
    new MaxPool(IMAGE_SIZE),
    new Convolution('conv2', { inputs: 8, outputs: 16, size: half, kernel: 3 }, random),
    new Relu(),
    new MaxPool(half),
    new Dense('hidden', { inputs: 16 * quarter * quarter, outputs: 64 }, random),
    new Relu(),
    new Dense('classes', { inputs: 64, outputs: 10 }, random),
  ]);
}
