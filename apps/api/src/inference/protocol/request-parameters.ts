import { describeValue, type Field, invalidField, quote } from './invalid-field.js';
import { isRecord } from './json-record.js';

/** The protocol's `parameters`, on a request, an input or an output. */
export type RequestParameters = Readonly<Record<string, string | number | boolean>>;

/**
 * Extensions that change what the data means: passing over them would answer something else than what was asked.
 * A value of false turns an extension off and is let through.
 */
const NOT_SERVED = new Map([
  ['binary_data_size', 'JSON in "data" (binary tensor data is not served yet)'],
  ['binary_data', 'false or nothing (binary tensor data is not served yet)'],
  ['binary_data_output', 'false or nothing (binary tensor data is not served yet)'],
  ['shared_memory_region', 'JSON (shared memory is not served)'],
  ['classification', 'nothing (the classification extension is not served)'],
]);

/**
 * @param value the member `parameters`; absent and null are the same
 * @throws SluiceError invalid_request: not an object of strings, numbers and booleans, or an extension not served
 */
export function readParameters(value: unknown, field: Field): RequestParameters | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) throw invalidField(field, 'an object', describeValue(value));
  const parameters: Record<string, string | number | boolean> = {};
  for (const [name, parameter] of Object.entries(value)) {
    const at = { ...field, path: `${field.path}[${quote(name)}]` };
    if (!isParameter(parameter)) throw invalidField(at, 'a string, a number or a boolean', describeValue(parameter));
    const instead = NOT_SERVED.get(name);
    if (instead !== undefined && parameter !== false) throw invalidField(at, instead, describeValue(parameter));
    parameters[name] = parameter;
  }
  return parameters;
}

function isParameter(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
