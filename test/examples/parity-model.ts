import { OnnxGraph } from '@sluice/onnx-writer';

/** Which digits are even, and which are odd. */
const PARITY = Float32Array.from({ length: 20 }, (_, index) => {
  const [digit, column] = [Math.floor(index / 2), index % 2];
  return digit % 2 === column ? 1 : 0;
});

/**
 * The bytes of examples/models/parity/1/model.onnx: `probabilities` of the ten digits, FP32 [batch,10], to `parity`, the
 * probability of even and of odd, FP32 [batch,2].
 */
export function parityModel(): Uint8Array {
  const graph = new OnnxGraph('parity');
  const probabilities = graph.input('probabilities', 'float', ['batch', 10]);
  graph.node('MatMul', [probabilities, graph.constant('columns', 'float', [10, 2], PARITY)], { outputs: ['parity'] });
  graph.output('parity', 'float', ['batch', 2]);
  return graph.build();
}
