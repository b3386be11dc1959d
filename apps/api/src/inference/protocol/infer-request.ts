import type { InferenceRequest, ModelRef, ServedModel, Tensor, TensorSpec } from '@sluice/contracts';
import type { BinaryData } from './binary-data.js';
import { describeValue, invalidField, quote, quoteAll } from './invalid-field.js';
import { isRecord } from './json-record.js';
import { type InputContext, readInput } from './request-input.js';
import { readFlag, readRequestParameters } from './request-parameters.js';
import { readRequestedOutputs, type RequestedOutput } from './requested-outputs.js';
import { readSchedulePolicy, type SchedulePolicy } from './schedule-policy.js';

/** The model version that a request was routed to. */
export interface TargetModel {
  readonly ref: ModelRef;
  readonly serving: ServedModel;
}

export interface InferLimits {
  /** Most elements in one tensor, unless it is raw numbers. */
  readonly maxElements: number;
  /** Most inputs, and most outputs. */
  readonly maxInputs: number;
}

export interface ParsedInferRequest {
  /** The client's own id, to be echoed. */
  readonly id?: string;
  readonly schedule: SchedulePolicy;
  /** Those of the request, and in which form each is answered. */
  readonly outputs: readonly RequestedOutput[];
  readonly request: InferenceRequest;
}

/**
 * Reads an inference request of the Open Inference Protocol v2 and checks it against the model's signature: what this returns, a worker can batch and run without another look. By hand and not by a schema, because
 * `data` may have 150,000 elements, and because a message should name the model's side of a mismatch too. Members that
 * the protocol does not know are passed over; optional ones may be null.
 *
 * @param body the JSON
 * @param binary what follows it, for the inputs that are binary tensor data; undefined: nothing may
 * @throws SluiceError invalid_request: the message names the field, what was expected and what was there
 */
export function parseInferRequest(
  body: unknown,
  { ref, serving }: TargetModel,
  limits: InferLimits,
  binary?: BinaryData,
): ParsedInferRequest {
  if (!isRecord(body)) throw invalidField({ path: 'body' }, 'an object with "inputs"', describeValue(body));
  const id = readId(body['id']);
  const field = { path: 'parameters' };
  const parameters = readRequestParameters(body['parameters'], field);
  const schedule = readSchedulePolicy(parameters);
  const outputs = readRequestedOutputs(body['outputs'], serving.signature, {
    maxOutputs: limits.maxInputs,
    isBinary: readFlag(parameters, 'binary_data_output', field) ?? false,
  });
  const placed = readInputs(body['inputs'], limits.maxInputs, { serving, maxElements: limits.maxElements, binary });
  binary?.end();
  const rows = serving.maxBatchSize > 0 ? readRows(placed, serving.maxBatchSize) : 1;
  const inputs = inModelOrder(placed, serving.signature.inputs);
  return {
    ...(id !== undefined && { id }),
    schedule,
    outputs,
    request: { ...ref, rows, inputs, outputs: outputs.map(({ name }) => name) },
  };
}

function readId(id: unknown): string | undefined {
  if (id === undefined || id === null) return undefined;
  if (typeof id !== 'string') throw invalidField({ path: 'id' }, 'a string', describeValue(id));
  return id;
}

/** @returns the inputs as the request had them, no name twice */
function readInputs(value: unknown, maxInputs: number, context: InputContext): readonly Tensor[] {
  if (!Array.isArray(value)) throw invalidField({ path: 'inputs' }, 'a list of tensors', describeValue(value));
  if (value.length > maxInputs) throw invalidField({ path: 'inputs' }, `at most ${maxInputs}`, `${value.length}`);
  const inputs: Tensor[] = [];
  for (const [index, item] of value.entries()) {
    const path = `inputs[${index}]`;
    const input = readInput(item, path, context);
    if (inputs.some(({ name }) => name === input.name))
      throw invalidField({ path: `${path}.name` }, 'each input once', `${quote(input.name)} again`);
    inputs.push(input);
  }
  return inputs;
}

/** The first dimension of every input, which is the same batch dimension. */
function readRows(inputs: readonly Tensor[], maxBatchSize: number): number {
  const first = inputs[0]?.shape[0] ?? 1;
  for (const [index, { name, shape }] of inputs.entries()) {
    const rows = shape[0] ?? 1;
    const field = { path: `inputs[${index}].shape[0]`, of: name };
    if (rows > maxBatchSize)
      throw invalidField(field, `1 to ${maxBatchSize} rows (the model's largest batch)`, `${rows}`);
    if (rows !== first) throw invalidField(field, `${first} rows like ${quote(inputs[0]?.name ?? '')}`, `${rows}`);
  }
  return first;
}

function inModelOrder(inputs: readonly Tensor[], specs: readonly TensorSpec[]): readonly Tensor[] {
  return specs.map(({ name }) => {
    const input = inputs.find((candidate) => candidate.name === name);
    if (input === undefined) throw invalidField({ path: 'inputs' }, `all of ${quoteAll(specs)}`, `no ${quote(name)}`);
    return input;
  });
}
