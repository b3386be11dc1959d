import {
  DATATYPES,
  isDatatype,
  messageOf,
  SluiceError,
  type GoldenItem,
  type ServedModel,
  type Tensor,
  type TensorSpec,
} from '@sluice/contracts';
import { parseInferRequest, type InferLimits, type TargetModel } from '../inference/protocol/infer-request.js';
import { describeValue, invalidField, quoteAll } from '../inference/protocol/invalid-field.js';
import { isRecord } from '../inference/protocol/json-record.js';
import { readInput } from '../inference/protocol/request-input.js';

/**
 * Reads golden items, each `{"inputs": [tensor…], "outputs"?: [tensor…]}` with tensors as in an inference request.
 * @param live the version whose signature they are to have; undefined: none is live, and what the candidate takes is not
 * known before it was opened, so that only the tensors themselves are checked
 * @throws SluiceError invalid_request: the message names the item, the field, what was expected and what was there
 */
export function readGoldenItems(
  items: readonly unknown[],
  live: TargetModel | undefined,
  limits: InferLimits,
): GoldenItem[] {
  return items.map((item, index) => {
    try {
      return readItem(item, live, limits);
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      throw new SluiceError(error.code, `strategy.golden.items[${index}].${messageOf(error)}`, { cause: error });
    }
  });
}

function readItem(item: unknown, live: TargetModel | undefined, limits: InferLimits): GoldenItem {
  if (!isRecord(item)) throw invalidField({ path: 'inputs' }, 'an object with inputs', describeValue(item));
  const { inputs, outputs } = item;
  const target = live ?? { ref: { model: '', version: '' }, serving: asDeclared(inputs) };
  const { request } = parseInferRequest({ inputs }, target, limits);
  return {
    rows: request.rows,
    inputs: request.inputs,
    ...(outputs !== undefined && { outputs: readOutputs(outputs, live?.serving, limits) }),
  };
}

/** Tensors as those of inputs are, but with the names, types and shapes of the model's outputs. */
function readOutputs(value: unknown, live: ServedModel | undefined, { maxElements, maxInputs }: InferLimits): Tensor[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > maxInputs)
    throw invalidField({ path: 'outputs' }, `a list of 1 to ${maxInputs} tensors`, describeValue(value));
  const declared = asDeclared(value);
  const serving: ServedModel = live
    ? { ...live, signature: { inputs: live.signature.outputs, outputs: [] } }
    : { ...declared, signature: { inputs: declared.signature.inputs, outputs: [] } };
  return value.map((tensor: unknown, index) => {
    const path = `outputs[${index}]`;
    const name = isRecord(tensor) ? tensor['name'] : undefined;
    const { inputs: known } = serving.signature;
    if (!known.some((spec) => spec.name === name))
      throw invalidField({ path: `${path}.name` }, `an output of the model (${quoteAll(known)})`, describeValue(name));
    return readInput(tensor, path, { serving, maxElements, binary: undefined });
  });
}

/** A model that takes just the tensors that are there. */
function asDeclared(tensors: unknown): ServedModel {
  const inputs = (Array.isArray(tensors) ? tensors : []).flatMap((tensor: unknown): TensorSpec[] => {
    if (!isRecord(tensor) || typeof tensor['name'] !== 'string') return [];
    const { name, datatype, shape } = tensor;
    if (typeof datatype !== 'string' || !isDatatype(datatype))
      throw invalidField(
        { path: 'datatype', of: name },
        `one of ${Object.keys(DATATYPES).join(', ')}`,
        describeValue(datatype),
      );
    return [{ name, datatype, shape: Array.isArray(shape) ? shape.map(() => -1) : [] }];
  });
  return { platform: 'onnxruntime_onnx', signature: { inputs, outputs: [] }, maxBatchSize: 0, device: '' };
}
