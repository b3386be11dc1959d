import type { Parameter } from './layer.js';

/** Decay of the mean of gradients, and of their squares: the paper's values, and everybody's. */
const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-8;

/** Kingma and Ba, Adam: A Method for Stochastic Optimization, 2014. */
export class Adam {
  private readonly moments: readonly { parameter: Parameter; mean: Float32Array; square: Float32Array }[];
  private steps = 0;

  constructor(parameters: readonly Parameter[]) {
    this.moments = parameters.map((parameter) => ({
      parameter,
      mean: new Float32Array(parameter.values.length),
      square: new Float32Array(parameter.values.length),
    }));
  }

  /** Moves every parameter against its gradient, by about the learning rate. */
  step(learningRate: number): void {
    this.steps++;
    const meanBias = 1 - BETA_1 ** this.steps;
    const squareBias = 1 - BETA_2 ** this.steps;
    for (const { parameter, mean, square } of this.moments) {
      const { values, gradients } = parameter;
      for (let index = 0; index < values.length; index++) {
        const gradient = gradients[index]!;
        mean[index] = BETA_1 * mean[index]! + (1 - BETA_1) * gradient;
        square[index] = BETA_2 * square[index]! + (1 - BETA_2) * gradient * gradient;
        const deviation = Math.sqrt(square[index]! / squareBias) + EPSILON;
        values[index]! -= (learningRate * (mean[index]! / meanBias)) / deviation;
      }
    }
  }
}
