import type { OnnxGraph } from '@sluice/onnx-writer';
import type { Layer } from './layer.js';

/** max(0, x), element by element. */
export class Relu implements Layer {
  readonly parameters = [];
  /** Of the last forward pass. */
  private output = new Float32Array();

  forward(input: Float32Array): Float32Array {
    // A loop, not `map`: its callback costs ten times what it does.
    this.output = new Float32Array(input.length);
    for (let index = 0; index < input.length; index++) this.output[index] = Math.max(0, input[index]!);
    return this.output;
  }

  backward(gradient: Float32Array): Float32Array {
    const inputGradient = new Float32Array(gradient.length);
    for (let index = 0; index < gradient.length; index++)
      if (this.output[index]! > 0) inputGradient[index] = gradient[index]!;
    return inputGradient;
  }

  emit(graph: OnnxGraph, input: string): string {
    return graph.node('Relu', [input]);
  }
}
