import { SluiceError, type ServedModel, type TensorSpec } from '@sluice/contracts';
import type { LoadedModel } from '@sluice/inference-engine';
import type { ConfiguredTensor, ModelConfig } from '@sluice/model-store';

/**
 * How a loaded model is served: what its configuration says, where that agrees with the model; what the model itself
 * says, where the configuration is silent.
 * @throws SluiceError model_unavailable, naming what to change in config.json
 */
export function serveAs(config: ModelConfig, loaded: LoadedModel, maxBatch: number): ServedModel {
  const { signature, device } = loaded;
  const asked = config.maxBatchSize;
  if (asked !== undefined && asked > 0 && !loaded.hasBatchDimension) {
    throw new SluiceError(
      'model_unavailable',
      `config.json asks for max_batch_size ${asked}, but not every input and output of the model has a variable first ` +
        'dimension: leave max_batch_size out, or set it to 0',
    );
  }
  const maxBatchSize = loaded.hasBatchDimension ? Math.min(asked ?? maxBatch, maxBatch) : 0;
  compare('input', config.inputs, signature.inputs, maxBatchSize > 0);
  compare('output', config.outputs, signature.outputs, maxBatchSize > 0);
  const { platform, affinity } = config;
  return { platform, signature, maxBatchSize, device, ...(affinity && { affinity }) };
}

function compare(
  kind: 'input' | 'output',
  configured: readonly ConfiguredTensor[] | undefined,
  actual: readonly TensorSpec[],
  batched: boolean,
): void {
  for (const { name, datatype, dims } of configured ?? []) {
    const tensor = actual.find((candidate) => candidate.name === name);
    if (!tensor) throw mismatch(`${kind} ${name}`, `the model has ${actual.map((each) => each.name).join(', ')}`);
    if (tensor.datatype !== datatype)
      throw mismatch(`${kind} ${name} as ${datatype}`, `the model has ${tensor.datatype}`);
    const shape = batched ? [-1, ...dims] : dims;
    const fits =
      shape.length === tensor.shape.length && shape.every((size, axis) => fitsInto(size, tensor.shape[axis]));
    if (!fits) throw mismatch(`${kind} ${name} with shape [${shape.join()}]`, `the model has [${tensor.shape.join()}]`);
  }
}

function fitsInto(configured: number, actual: number | undefined): boolean {
  return actual === -1 || configured === actual;
}

function mismatch(said: string, truth: string): SluiceError {
  return new SluiceError('model_unavailable', `config.json names ${said}, but ${truth}`);
}
