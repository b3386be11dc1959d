import type { OnnxGraph } from '@sluice/onnx-writer';

/** Weights that training changes. `gradients` is the derivative of the loss by `values`, of the last backward pass. */
export interface Parameter {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: Float32Array;
  readonly gradients: Float32Array;
}

/**
 * One step of a network, in both directions and as the ONNX nodes that compute the same: what is trained and what is
 * served stand side by side. Activations are row-major, one image after the other.
 */
export interface Layer {
  readonly parameters: readonly Parameter[];

  /** Remembers what `backward` needs. */
  forward(input: Float32Array): Float32Array;

  /**
   * @param gradient of the loss by the output of the last `forward`
   * @returns the gradient by its input, and leaves those by the parameters in `gradients`
   */
  backward(gradient: Float32Array): Float32Array;

  /** Adds the layer to a graph; returns the name of its output. */
  emit(graph: OnnxGraph, input: string): string;
}

/** Adds a parameter to a graph, with the values it has now. */
export function emitParameter(graph: OnnxGraph, { name, dims, values }: Parameter): string {
  return graph.constant(name, 'float', dims, values);
}

export function parameter(name: string, dims: readonly number[], values: Float32Array): Parameter {
  return { name, dims, values, gradients: new Float32Array(values.length) };
}
