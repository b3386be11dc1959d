import { OnnxGraph } from '@sluice/onnx-writer';
import { IMAGE_SIZE } from './digit-images.js';
import type { Network } from './network.js';

/** The bytes of model.onnx: `image` float ['batch', 1, 28, 28] -> `probabilities` float ['batch', 10]. */
export function exportOnnx(network: Network): Uint8Array {
  const graph = new OnnxGraph('digits');
  const logits = network.emit(graph, graph.input('image', 'float', ['batch', 1, IMAGE_SIZE, IMAGE_SIZE]));
  graph.node('Softmax', [logits], { outputs: ['probabilities'], attributes: { axis: { int: -1 } } });
  graph.output('probabilities', 'float', ['batch', 10]);
  return graph.build();
}
