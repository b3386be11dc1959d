import { OnnxGraph, randomWeights, seededRandom } from '@sluice/onnx-writer';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { Convolution } from './convolution.js';
import { Dense } from './dense.js';
import type { Layer } from './layer.js';
import { MaxPool } from './max-pool.js';
import { Network } from './network.js';
import { Relu } from './relu.js';
import { crossEntropy, softmax } from './softmax.js';
import { dot } from './vector.js';

const random = seededRandom(3);
const BATCH = 3;
const TOLERANCE = 5e-3;

/** Each layer with the dims of its input, the batch left out; odd sizes where they are allowed, to reach every edge. */
const LAYERS: [name: string, layer: Layer, dims: number[]][] = [
  ['Convolution', new Convolution('c', { inputs: 3, outputs: 5, size: 6, kernel: 3 }, random), [3, 6, 6]],
  ['Convolution of 5x5', new Convolution('c', { inputs: 1, outputs: 2, size: 7, kernel: 5 }, random), [1, 7, 7]],
  ['Dense', new Dense('d', { inputs: 7, outputs: 5 }, random), [7]],
  ['Relu', new Relu(), [9]],
  ['MaxPool', new MaxPool(4), [2, 4, 4]],
  [
    'Network',
    new Network([
      new Convolution('c', { inputs: 1, outputs: 2, size: 4, kernel: 3 }, random),
      new Relu(),
      new MaxPool(4),
      new Dense('d', { inputs: 8, outputs: 3 }, random),
    ]),
    [1, 4, 4],
  ],
];

describe.each(LAYERS)('%s', (_, layer, dims) => {
  const size = BATCH * dims.reduce((product, dim) => product * dim, 1);
  const input = randomWeights(size, 1, random);
  // A loss whose gradient by the output is known: the output weighed with random numbers.
  const slopes = randomWeights(layer.forward(input).length, 1, random);
  const loss = () => dot(layer.forward(input), 0, slopes, 0, slopes.length);

  it('derives by its input as a difference quotient does', () => {
    layer.forward(input);
    const gradient = layer.backward(slopes);
    expect(largestError(gradient, input, loss)).toBeLessThan(TOLERANCE);
  });

  it('derives by its parameters as a difference quotient does', () => {
    layer.forward(input);
    layer.backward(slopes);
    for (const { values, gradients } of layer.parameters)
      expect(largestError(gradients, values, loss)).toBeLessThan(TOLERANCE);
  });

  it('computes what onnxruntime computes', async () => {
    const graph = new OnnxGraph('g');
    const output = layer.emit(graph, graph.input('x', 'float', ['batch', ...dims]));
    graph.output(
      output,
      'float',
      Array.from({ length: rankOf(layer, dims) }, (__, axis) => `d${axis}`),
    );
    const session = await InferenceSession.create(graph.build());
    const results = await session.run({ x: new Tensor('float32', input, [BATCH, ...dims]) });
    await session.release();
    const expected = Array.from(results[output]?.data ?? [], Number);
    const actual = layer.forward(input);
    expect(actual.length).toBe(expected.length);
    for (const [index, value] of expected.entries()) expect(actual[index]).toBeCloseTo(value, 4);
  });
});

describe('softmax', () => {
  it('does not overflow', () => {
    expect(softmax(Float32Array.of(1000, 1000, -1000), 3)).toEqual(Float32Array.of(0.5, 0.5, 0));
  });
});

describe('crossEntropy', () => {
  const logits = randomWeights(12, 1, random);
  const labels = Uint8Array.of(3, 0, 2);

  it('is the mean of -log of the probability of the label', () => {
    const probabilities = softmax(logits, 4);
    const expected = -(Math.log(probabilities[3]!) + Math.log(probabilities[4]!) + Math.log(probabilities[10]!)) / 3;
    expect(crossEntropy(logits, labels).loss).toBeCloseTo(expected, 6);
  });

  it('derives by the logits as a difference quotient does', () => {
    const { gradient } = crossEntropy(logits, labels);
    expect(largestError(gradient, logits, () => crossEntropy(logits, labels).loss)).toBeLessThan(TOLERANCE);
  });
});

/** Flatten and what follows it have rank 2; the rest keeps the rank of its input. */
function rankOf(layer: Layer, dims: readonly number[]): number {
  return layer instanceof Network ? 2 : 1 + dims.length;
}

/** How far a gradient is from (f(x + h) - f(x - h)) / 2h, at most; 32 bits leave about three digits of that. */
function largestError(gradient: Float32Array, values: Float32Array, loss: () => number): number {
  const h = 1e-2;
  const expected = values.map((value, index) => {
    values[index] = value + h;
    const above = loss();
    values[index] = value - h;
    const below = loss();
    values[index] = value;
    return (above - below) / (2 * h);
  });
  return Math.max(...expected.map((slope, index) => Math.abs(slope - gradient[index]!)));
}
