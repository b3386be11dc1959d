import type { ModelSignature, ServedModel } from '@sluice/contracts';
import type { TargetModel } from '../../apps/api/src/inference/protocol/infer-request.js';
import type { TestModel } from '../system/api/fixtures/test-models.js';

type Served = Pick<ServedModel, 'platform' | 'maxBatchSize'> & { readonly inputs: ModelSignature['inputs'] };

/** The models of the corpus, as a worker reports them: each echoes its inputs, `x` as `x_out`. */
const SERVED = {
  pair: {
    platform: 'onnxruntime_onnx',
    maxBatchSize: 32,
    inputs: [
      { name: 'a', datatype: 'FP32', shape: [-1, 2] },
      { name: 'b', datatype: 'INT64', shape: [-1, 1] },
    ],
  },
  wide: { platform: 'onnxruntime_onnx', maxBatchSize: 32, inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, -1] }] },
  word: { platform: 'onnxruntime_onnx', maxBatchSize: 32, inputs: [{ name: 'x', datatype: 'BYTES', shape: [-1, 1] }] },
  'echo-fp16': {
    platform: 'onnxruntime_onnx',
    maxBatchSize: 32,
    inputs: [{ name: 'x', datatype: 'FP16', shape: [-1, 3] }],
  },
  'echo-bool': {
    platform: 'onnxruntime_onnx',
    maxBatchSize: 32,
    inputs: [{ name: 'x', datatype: 'BOOL', shape: [-1, 3] }],
  },
  'echo-any-bytes': {
    platform: 'scripted',
    maxBatchSize: 8,
    inputs: [{ name: 'x', datatype: 'BYTES', shape: [-1, 3] }],
  },
  unbatched: {
    platform: 'onnxruntime_onnx',
    maxBatchSize: 0,
    inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 3] }],
  },
} as const satisfies Partial<Record<TestModel, Served>>;

export const FUZZED_MODELS = Object.keys(SERVED) as (keyof typeof SERVED)[];

/** @throws Error when the corpus names a model that is not here */
export function targetOf(model: string): TargetModel {
  const served: Served | undefined = Object.entries(SERVED).find(([name]) => name === model)?.[1];
  if (!served) throw new Error(`no model ${model} is fuzzed`);
  const { inputs, ...rest } = served;
  const outputs = inputs.map((input) => ({ ...input, name: `${input.name}_out` }));
  return { ref: { model, version: '1' }, serving: { ...rest, device: 'cpu', signature: { inputs, outputs } } };
}
