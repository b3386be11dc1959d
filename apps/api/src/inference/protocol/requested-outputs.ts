import type { ModelSignature } from '@sluice/contracts';
import { describeValue, type Field, invalidField, quote, quoteAll } from './invalid-field.js';
import { isJsonDatatype, NO_JSON_FORM } from './json-datatype.js';
import { isRecord } from './json-record.js';
import { readFlag, readParameters } from './request-parameters.js';

export interface RequestedOutput {
  readonly name: string;
  /** Answered as binary tensor data, not as JSON. */
  readonly isBinary: boolean;
}

export interface OutputDefaults {
  readonly maxOutputs: number;
  /** For outputs that do not say. */
  readonly isBinary: boolean;
}

/**
 * The outputs to compute, in the order asked for; absent, null and an empty list ask for all of them, in the model's.
 * An output that could not be answered in JSON is refused here, before the device has worked for it.
 *
 * @throws SluiceError invalid_request
 */
export function readRequestedOutputs(
  value: unknown,
  { outputs }: ModelSignature,
  defaults: OutputDefaults,
): readonly RequestedOutput[] {
  const asked = readOutputs(value ?? [], defaults);
  asked.forEach(({ name }, index) => {
    const field = { path: `outputs[${index}].name` };
    if (!outputs.some((output) => output.name === name))
      throw invalidField(field, `an output of the model (${quoteAll(outputs)})`, quote(name));
    if (asked.findIndex((other) => other.name === name) < index)
      throw invalidField(field, 'each output once', `${quote(name)} again`);
  });
  const chosen = asked.length === 0 ? outputs.map(({ name }) => ({ name, isBinary: defaults.isBinary })) : asked;
  for (const { name, datatype } of outputs) {
    const isJson = chosen.some((output) => output.name === name && !output.isBinary);
    if (isJson && !isJsonDatatype(datatype))
      throw invalidField({ path: 'outputs' }, 'binary_data for it', `${quote(name)}: ${datatype} ${NO_JSON_FORM}`);
  }
  return chosen;
}

function readOutputs(value: unknown, { maxOutputs, isBinary }: OutputDefaults): readonly RequestedOutput[] {
  if (!Array.isArray(value)) throw invalidField({ path: 'outputs' }, 'a list', describeValue(value));
  if (value.length > maxOutputs) throw invalidField({ path: 'outputs' }, `at most ${maxOutputs}`, `${value.length}`);
  return value.map((output: unknown, index) => {
    const path = `outputs[${index}]`;
    if (!isRecord(output)) throw invalidField({ path }, 'an object with a name', describeValue(output));
    const { name } = output;
    const nameField: Field = { path: `${path}.name` };
    if (typeof name !== 'string') throw invalidField(nameField, 'a string', describeValue(name));
    const field = { path: `${path}.parameters`, of: name };
    const parameters = readParameters(output['parameters'], field);
    return { name, isBinary: readFlag(parameters, 'binary_data', field) ?? isBinary };
  });
}
