import type { Datatype, ModelRef, ServedModel, TensorSpec } from '@sluice/contracts';

/** Model metadata of the Open Inference Protocol v2; the batch dimension is part of a shape, as -1. */
export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** The part of Triton's ModelConfig that its clients read; the batch dimension is not part of `dims`. */
export interface ModelConfig {
  readonly name: string;
  readonly platform: string;
  readonly backend: string;
  /** 0: no batch dimension. */
  readonly max_batch_size: number;
  readonly input: readonly TensorConfig[];
  readonly output: readonly TensorConfig[];
  /** There, and empty, when requests are batched. */
  readonly dynamic_batching?: Readonly<Record<string, never>>;
  readonly instance_group: readonly [{ readonly kind: 'KIND_CPU' | 'KIND_GPU'; readonly count: 1 }];
  readonly parameters: { readonly device: { readonly string_value: string } };
  readonly model_transaction_policy: { readonly decoupled: false };
}

interface TensorConfig {
  readonly name: string;
  readonly data_type: `TYPE_${Exclude<Datatype, 'BYTES'> | 'STRING'}`;
  readonly dims: readonly number[];
}

const BACKENDS = { onnxruntime_onnx: 'onnxruntime', scripted: 'scripted' } as const satisfies Record<
  ServedModel['platform'],
  string
>;

/** @param versions all versions that are served, not only the one that is described */
export function formatMetadata(
  { model }: ModelRef,
  versions: readonly string[],
  { platform, signature }: ServedModel,
): ModelMetadata {
  return {
    name: model,
    versions,
    platform,
    inputs: signature.inputs.map(describe),
    outputs: signature.outputs.map(describe),
  };
}

/** perf_analyzer reads this after the metadata, and decides by it whether and how much it may batch. */
export function formatConfig(
  { model }: ModelRef,
  { platform, signature, maxBatchSize, device }: ServedModel,
): ModelConfig {
  const tensorConfig = ({ name, datatype, shape }: TensorSpec): TensorConfig => ({
    name,
    data_type: datatype === 'BYTES' ? 'TYPE_STRING' : `TYPE_${datatype}`,
    dims: maxBatchSize > 0 ? shape.slice(1) : shape,
  });
  return {
    name: model,
    platform,
    backend: BACKENDS[platform],
    max_batch_size: maxBatchSize,
    input: signature.inputs.map(tensorConfig),
    output: signature.outputs.map(tensorConfig),
    ...(maxBatchSize > 0 && { dynamic_batching: {} }),
    instance_group: [{ kind: runsOnGpu(device) ? 'KIND_GPU' : 'KIND_CPU', count: 1 }],
    parameters: { device: { string_value: device } },
    model_transaction_policy: { decoupled: false },
  };
}

/** Members in the protocol's own words and nothing else, whatever a signature may carry one day. */
function describe({ name, datatype, shape }: TensorSpec): TensorSpec {
  return { name, datatype, shape };
}

/** Devices are named after ONNX Runtime's execution providers, with an index where there are several: `cuda:0`. */
function runsOnGpu(device: string): boolean {
  return /^(cuda|tensorrt|webgpu|directml|dml|coreml)\b/.test(device);
}
