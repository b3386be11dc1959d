import { describeValue, type Field, invalidField, quote } from './invalid-field.js';
import { isRecord } from './json-record.js';

/** The protocol's `parameters`, on a request, an input or an output. */
export type RequestParameters = Readonly<Record<string, string | number | boolean>>;

/**
 * Extensions that change what the data means: passing over them would answer something else than what was asked.
 * A value of false turns an extension off and is let through.
 */
const NOT_SERVED = new Map([
  ['shared_memory_region', 'data in the request (shared memory is not served)'],
  ['classification', 'nothing (the classification extension is not served)'],
]);
/** On a request, where the protocol keeps names for itself. */
const RESERVED = new Map([
  ['sequence_id', 'nothing (sequences are not served)'],
  ['sequence_start', 'nothing (sequences are not served)'],
  ['sequence_end', 'nothing (sequences are not served)'],
  ['headers', "another name ('headers' is reserved)"],
]);
const RESERVED_PREFIX = 'triton_';

/**
 * Whatever has another name is passed over.
 *
 * @param value the member `parameters`; absent and null are the same as empty
 * @throws SluiceError invalid_request: not an object of strings, numbers and booleans, or an extension not served
 */
export function readParameters(value: unknown, field: Field): RequestParameters {
  const parameters: Record<string, string | number | boolean> = {};
  if (value === undefined || value === null) return parameters;
  if (!isRecord(value)) throw invalidField(field, 'an object', describeValue(value));
  for (const [name, parameter] of Object.entries(value)) {
    const at = parameterField(field, name);
    if (!isParameter(parameter)) throw invalidField(at, 'a string, a number or a boolean', describeValue(parameter));
    const instead = NOT_SERVED.get(name);
    if (instead !== undefined && parameter !== false) throw invalidField(at, instead, describeValue(parameter));
    parameters[name] = parameter;
  }
  return parameters;
}

/** As above, for the request itself. @throws SluiceError invalid_request: a name that is reserved, too */
export function readRequestParameters(value: unknown, field: Field): RequestParameters {
  const parameters = readParameters(value, field);
  for (const [name, parameter] of Object.entries(parameters)) {
    const instead = name.startsWith(RESERVED_PREFIX)
      ? `another name (those with '${RESERVED_PREFIX}' are reserved)`
      : RESERVED.get(name);
    if (instead !== undefined && parameter !== false)
      throw invalidField(parameterField(field, name), instead, describeValue(parameter));
  }
  return parameters;
}

/** @throws SluiceError invalid_request */
export function readFlag(parameters: RequestParameters, name: string, field: Field): boolean | undefined {
  const flag = parameters[name];
  if (flag === undefined || typeof flag === 'boolean') return flag;
  throw invalidField(parameterField(field, name), 'true or false', describeValue(flag));
}

/** `inputs[0].parameters['binary_data_size']` */
export function parameterField(field: Field, name: string): Field {
  return { ...field, path: `${field.path}[${quote(name)}]` };
}

function isParameter(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
