import type { InferAnswer, InferRequest } from './infer-messages.js';
import type { FloatTensor } from './run-model.js';

export function fromJson({ inputs }: InferRequest): readonly FloatTensor[] {
  return inputs.map(({ name, shape, data }) => ({ name, shape, data: Float32Array.from(data) }));
}

export function toJson(outputs: readonly FloatTensor[]): InferAnswer {
  return {
    outputs: outputs.map(({ name, shape, data }) => ({ name, datatype: 'FP32', shape, data: Array.from(data) })),
  };
}
