import type { OnnxGraph } from '@sluice/onnx-writer';
import type { Layer } from './layer.js';

/** The greatest of every two by two pixels: [..., size, size] -> [..., size / 2, size / 2]; the size is even. */
export class MaxPool implements Layer {
  readonly parameters = [];
  /** Where in the input of the last forward pass each output came from. */
  private sources = new Uint32Array();

  constructor(private readonly size: number) {}

  forward(input: Float32Array): Float32Array {
    const { size } = this;
    const half = size / 2;
    const output = new Float32Array(input.length / 4);
    this.sources = new Uint32Array(output.length);
    for (let index = 0; index < output.length; index++) {
      const row = Math.floor(index / half);
      const corner = 2 * (row * size + (index % half));
      let source = corner;
      if (input[corner + 1]! > input[source]!) source = corner + 1;
      if (input[corner + size]! > input[source]!) source = corner + size;
      if (input[corner + size + 1]! > input[source]!) source = corner + size + 1;
      this.sources[index] = source;
      output[index] = input[source]!;
    }
    return output;
  }

  backward(gradient: Float32Array): Float32Array {
    const inputGradient = new Float32Array(gradient.length * 4);
    for (let index = 0; index < gradient.length; index++) inputGradient[this.sources[index]!] = gradient[index]!;
    return inputGradient;
  }

  emit(graph: OnnxGraph, input: string): string {
    const attributes = { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } };
    return graph.node('MaxPool', [input], { attributes });
  }
}
