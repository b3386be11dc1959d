import { elementBytes, type ServedModel, type Tensor } from '@sluice/contracts';
import type { BinaryData } from './binary-data.js';
import { checkBinaryTensor } from './binary-tensor.js';
import { readShape } from './input-shape.js';
import { describeValue, type Field, invalidField, quote, quoteAll } from './invalid-field.js';
import { isRecord } from './json-record.js';
import { readJsonTensor } from './json-tensor-reader.js';
import { parameterField, readParameters } from './request-parameters.js';

/** What an input is read against. */
export interface InputContext {
  readonly serving: ServedModel;
  /** Most elements in one tensor. */
  readonly maxElements: number;
  /** What follows the JSON; undefined: the whole body is JSON. */
  readonly binary: BinaryData | undefined;
}

const SIZE = 'binary_data_size';

/**
 * Reads one element of `inputs` against the model's input of that name. Its elements are `data`, or as many bytes of the
 * binary part as its parameter `binary_data_size` says.
 *
 * @param path where it stands, `inputs[0]`
 * @throws SluiceError invalid_request
 */
export function readInput(value: unknown, path: string, context: InputContext): Tensor {
  if (!isRecord(value))
    throw invalidField({ path }, 'an object with name, shape, datatype and data', describeValue(value));
  const { inputs: specs } = context.serving.signature;
  const { name, shape, datatype, parameters, data } = value;
  if (typeof name !== 'string') throw invalidField({ path: `${path}.name` }, 'a string', describeValue(name));
  const spec = specs.find((candidate) => candidate.name === name);
  if (spec === undefined)
    throw invalidField({ path: `${path}.name` }, `an input of the model (${quoteAll(specs)})`, quote(name));
  const field = (member: string): Field => ({ path: `${path}.${member}`, of: name });

  if (datatype !== spec.datatype)
    throw invalidField(field('datatype'), `${spec.datatype}, as the model declares`, describeValue(datatype));
  const size = readParameters(parameters, field('parameters'))[SIZE];
  const { binary, maxElements } = context;
  // Raw numbers are bounded by the body that holds them; strings become objects, as all that comes in JSON does.
  const isRaw = size !== undefined && binary !== undefined && elementBytes(spec.datatype) !== undefined;
  const most = isRaw ? Math.max(maxElements, binary.byteLength) : maxElements;
  const dimensions = readShape(shape, spec, most, field('shape'));
  const tensor = { name, datatype: spec.datatype, shape: dimensions };
  if (size !== undefined) return takeBinary(tensor, size, data, context, field);
  if (binary !== undefined && isAbsent(data))
    throw invalidField(field('data'), `a list, or ${SIZE} in the parameters`, 'nothing');
  return { ...tensor, bytes: readJsonTensor(data, spec.datatype, dimensions, field('data')) };
}

function takeBinary(
  tensor: Omit<Tensor, 'bytes'>,
  size: unknown,
  data: unknown,
  { binary, serving }: InputContext,
  field: (member: string) => Field,
): Tensor {
  const sizeField = parameterField(field('parameters'), SIZE);
  if (binary === undefined)
    throw invalidField(sizeField, '"data" in a request without Inference-Header-Content-Length', describeValue(size));
  if (!isAbsent(data)) throw invalidField(field('data'), `nothing beside ${SIZE}`, describeValue(data));
  const taken = { ...tensor, bytes: binary.take(size, sizeField) };
  checkBinaryTensor(taken, sizeField, serving.platform);
  return taken;
}

function isAbsent(member: unknown): boolean {
  return member === undefined || member === null;
}
