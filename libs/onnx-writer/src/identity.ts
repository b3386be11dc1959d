import { OnnxGraph } from './onnx-graph.js';
import type { ValueInfo } from './value-info.js';

/**
 * A model that answers what it was asked: each input, of whatever type and dims, comes back as the output `<name>_out`.
 * With a name as first dim, e.g. ['batch', 4], its requests can be batched; with numbers alone they cannot.
 */
export function identity(inputs: readonly ValueInfo[]): Uint8Array {
  const graph = new OnnxGraph('identity');
  for (const { name, type, dims } of inputs) {
    graph.node('Identity', [graph.input(name, type, dims)], { outputs: [`${name}_out`] });
    graph.output(`${name}_out`, type, dims);
  }
  return graph.build();
}
