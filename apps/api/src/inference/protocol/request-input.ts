import type { Tensor, TensorSpec } from '@sluice/contracts';
import { readShape } from './input-shape.js';
import { describeValue, invalidField, quote, quoteAll } from './invalid-field.js';
import { isRecord } from './json-record.js';
import { readJsonTensor } from './json-tensor-reader.js';
import { readParameters } from './request-parameters.js';

/**
 * Reads one element of `inputs` against the model's input of that name.
 *
 * @param path where it stands, `inputs[0]`
 * @param specs the model's inputs
 * @param maxElements most elements in one tensor
 * @throws SluiceError invalid_request
 */
export function readInput(value: unknown, path: string, specs: readonly TensorSpec[], maxElements: number): Tensor {
  if (!isRecord(value))
    throw invalidField({ path }, 'an object with name, shape, datatype and data', describeValue(value));
  const { name, shape, datatype, parameters, data } = value;
  if (typeof name !== 'string') throw invalidField({ path: `${path}.name` }, 'a string', describeValue(name));
  const spec = specs.find((candidate) => candidate.name === name);
  if (spec === undefined)
    throw invalidField({ path: `${path}.name` }, `an input of the model (${quoteAll(specs)})`, quote(name));
  const field = (member: string) => ({ path: `${path}.${member}`, of: name });

  if (datatype !== spec.datatype)
    throw invalidField(field('datatype'), `${spec.datatype}, as the model declares`, describeValue(datatype));
  readParameters(parameters, field('parameters'));
  const dimensions = readShape(shape, spec, maxElements, field('shape'));
  return {
    name,
    datatype: spec.datatype,
    shape: dimensions,
    bytes: readJsonTensor(data, spec.datatype, dimensions, field('data')),
  };
}
