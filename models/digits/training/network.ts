import type { OnnxGraph } from '@sluice/onnx-writer';
import type { Layer, Parameter } from './layer.js';

/** Layers one after the other. */
export class Network implements Layer {
  readonly parameters: readonly Parameter[];

  constructor(private readonly layers: readonly Layer[]) {
    this.parameters = layers.flatMap((layer) => layer.parameters);
  }

  forward(input: Float32Array): Float32Array {
    return this.layers.reduce((activation, layer) => layer.forward(activation), input);
  }

  backward(gradient: Float32Array): Float32Array {
    return this.layers.reduceRight((slope, layer) => layer.backward(slope), gradient);
  }

  emit(graph: OnnxGraph, input: string): string {
    return this.layers.reduce((value, layer) => layer.emit(graph, value), input);
  }
}
