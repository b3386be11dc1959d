import { type OnnxGraph, type Random, randomWeights } from '@sluice/onnx-writer';
import { gatherColumns, type Patches, scatterColumns } from './image-columns.js';
import { emitParameter, type Layer, parameter, type Parameter } from './layer.js';
import { addCombination, dot } from './vector.js';

/** [batch, inputs, size, size] -> [batch, outputs, size, size], with a square kernel and zeros past the edges. */
export class Convolution implements Layer {
  readonly parameters: readonly Parameter[];
  private readonly weights: Parameter;
  private readonly bias: Parameter;
  private readonly patches: Patches;
  private readonly outputs: number;
  private readonly area: number;
  /** Rows of a column matrix: the taps of one output. */
  private readonly taps: number;
  /** Of the images of the last forward pass. */
  private columns: Float32Array[] = [];

  constructor(
    name: string,
    { inputs, outputs, size, kernel }: { inputs: number; outputs: number; size: number; kernel: number },
    random: Random,
  ) {
    this.patches = { channels: inputs, size, kernel };
    this.outputs = outputs;
    this.area = size * size;
    this.taps = inputs * kernel * kernel;
    // He et al., Delving Deep into Rectifiers, 2015: keeps the variance through a ReLU.
    const values = randomWeights(outputs * this.taps, Math.sqrt(2 / this.taps), random);
    this.weights = parameter(`${name}.weight`, [outputs, inputs, kernel, kernel], values);
    this.bias = parameter(`${name}.bias`, [outputs], new Float32Array(outputs));
    this.parameters = [this.weights, this.bias];
  }

  forward(input: Float32Array): Float32Array {
    const { area, outputs, taps } = this;
    const inputLength = this.patches.channels * area;
    const batch = input.length / inputLength;
    const output = new Float32Array(batch * outputs * area);
    this.columns = [];
    for (let image = 0; image < batch; image++) {
      const columns = new Float32Array(taps * area);
      gatherColumns(this.patches, input.subarray(image * inputLength, (image + 1) * inputLength), columns);
      this.columns.push(columns);
      const rows = { values: columns, offset: 0, count: taps, length: area };
      for (let channel = 0; channel < outputs; channel++) {
        const plane = (image * outputs + channel) * area;
        output.fill(this.bias.values[channel]!, plane, plane + area);
        addCombination(output, plane, { values: this.weights.values, offset: channel * taps, stride: 1 }, rows);
      }
    }
    return output;
  }

  backward(gradient: Float32Array): Float32Array {
    const { area, outputs, taps } = this;
    const inputLength = this.patches.channels * area;
    const inputGradient = new Float32Array(this.columns.length * inputLength);
    const columnsGradient = new Float32Array(taps * area);
    this.weights.gradients.fill(0);
    this.bias.gradients.fill(0);
    for (const [image, columns] of this.columns.entries()) {
      const planes = { values: gradient, offset: image * outputs * area, count: outputs, length: area };
      for (let channel = 0; channel < outputs; channel++) {
        const plane = planes.offset + channel * area;
        for (let pixel = plane; pixel < plane + area; pixel++) this.bias.gradients[channel]! += gradient[pixel]!;
        for (let tap = 0; tap < taps; tap++)
          this.weights.gradients[channel * taps + tap]! += dot(gradient, plane, columns, tap * area, area);
      }
      columnsGradient.fill(0);
      for (let tap = 0; tap < taps; tap++) {
        const factors = { values: this.weights.values, offset: tap, stride: taps };
        addCombination(columnsGradient, tap * area, factors, planes);
      }
      const target = inputGradient.subarray(image * inputLength, (image + 1) * inputLength);
      scatterColumns(this.patches, columnsGradient, target);
    }
    return inputGradient;
  }

  emit(graph: OnnxGraph, input: string): string {
    const { kernel } = this.patches;
    const reach = (kernel - 1) / 2;
    const attributes = { kernel_shape: { ints: [kernel, kernel] }, pads: { ints: [reach, reach, reach, reach] } };
    const parameters = this.parameters.map((each) => emitParameter(graph, each));
    return graph.node('Conv', [input, ...parameters], { attributes });
  }
}
