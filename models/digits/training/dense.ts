import { type OnnxGraph, type Random, randomWeights } from '@sluice/onnx-writer';
import { emitParameter, type Layer, parameter, type Parameter } from './layer.js';
import { addCombination, dot } from './vector.js';

/** [batch, inputs] -> [batch, outputs]; the dimensions of an image count as one. */
export class Dense implements Layer {
  readonly parameters: readonly Parameter[];
  private readonly weights: Parameter;
  private readonly bias: Parameter;
  private readonly inputs: number;
  private readonly outputs: number;
  /** Of the last forward pass. */
  private input: Float32Array = new Float32Array();

  constructor(name: string, { inputs, outputs }: { inputs: number; outputs: number }, random: Random) {
    this.inputs = inputs;
    this.outputs = outputs;
    const values = randomWeights(outputs * inputs, Math.sqrt(2 / inputs), random);
    this.weights = parameter(`${name}.weight`, [outputs, inputs], values);
    this.bias = parameter(`${name}.bias`, [outputs], new Float32Array(outputs));
    this.parameters = [this.weights, this.bias];
  }

  forward(input: Float32Array): Float32Array {
    const { inputs, outputs } = this;
    this.input = input;
    const output = new Float32Array((input.length / inputs) * outputs);
    for (let index = 0; index < output.length; index++) {
      const row = Math.floor(index / outputs);
      const unit = index % outputs;
      const sum = dot(input, row * inputs, this.weights.values, unit * inputs, inputs);
      output[index] = sum + this.bias.values[unit]!;
    }
    return output;
  }

  backward(gradient: Float32Array): Float32Array {
    const { input, inputs, outputs } = this;
    const batch = input.length / inputs;
    this.bias.gradients.fill(0);
    for (let index = 0; index < gradient.length; index++) this.bias.gradients[index % outputs]! += gradient[index]!;

    this.weights.gradients.fill(0);
    const inputRows = { values: input, offset: 0, count: batch, length: inputs };
    for (let unit = 0; unit < outputs; unit++) {
      const slopes = { values: gradient, offset: unit, stride: outputs };
      addCombination(this.weights.gradients, unit * inputs, slopes, inputRows);
    }

    const inputGradient = new Float32Array(input.length);
    const weightRows = { values: this.weights.values, offset: 0, count: outputs, length: inputs };
    for (let row = 0; row < batch; row++) {
      const slopes = { values: gradient, offset: row * outputs, stride: 1 };
      addCombination(inputGradient, row * inputs, slopes, weightRows);
    }
    return inputGradient;
  }

  emit(graph: OnnxGraph, input: string): string {
    const flat = graph.node('Flatten', [input]);
    const parameters = this.parameters.map((each) => emitParameter(graph, each));
    return graph.node('Gemm', [flat, ...parameters], { attributes: { transB: { int: 1 } } });
  }
}
