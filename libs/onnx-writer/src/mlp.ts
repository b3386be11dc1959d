import { OnnxGraph } from './onnx-graph.js';
import { randomWeights, seededRandom } from './random-weights.js';

/**
 * A multi-layer perceptron with seeded random weights: input `x` float ['batch', first of dims], output `y` float
 * ['batch', last of dims], a Gemm for each pair of neighbours in dims, a Relu between them. Reading its weights is what
 * costs time, so that a batch costs little more than one row: the model for measuring what batching gives.
 *
 * @param dims widths, the input's first; two at least. [1024, 2048, 2048, 1000] takes 33 MB.
 * @throws RangeError when there are fewer than two dims
 */
export function mlp(dims: readonly number[], seed = 1): Uint8Array {
  const [first, ...widths] = dims;
  const last = widths.at(-1);
  if (first === undefined || last === undefined)
    throw new RangeError(`an MLP has an input and an output width, not [${dims.join(', ')}]`);
  const graph = new OnnxGraph('mlp');
  const random = seededRandom(seed);
  let value = graph.input('x', 'float', ['batch', first]);
  let width = first;
  for (const [layer, next] of widths.entries()) {
    const scale = 1 / Math.sqrt(width);
    const weights = graph.constant(`w${layer}`, 'float', [width, next], randomWeights(width * next, scale, random));
    const bias = graph.constant(`b${layer}`, 'float', [next], randomWeights(next, scale, random));
    const isLast = layer === widths.length - 1;
    value = graph.node('Gemm', [value, weights, bias], isLast ? { outputs: ['y'] } : {});
    if (!isLast) value = graph.node('Relu', [value]);
    width = next;
  }
  graph.output('y', 'float', ['batch', last]);
  return graph.build();
}
