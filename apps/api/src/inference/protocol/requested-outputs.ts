import type { ModelSignature } from '@sluice/contracts';
import { describeValue, type Field, invalidField, quote, quoteAll } from './invalid-field.js';
import { isJsonDatatype, NO_JSON_FORM } from './json-datatype.js';
import { isRecord } from './json-record.js';
import { readParameters } from './request-parameters.js';

/**
 * The outputs to compute, in the order asked for; absent, null and an empty list ask for all of them, in the model's.
 * An output that could not be answered in JSON is refused here, before the device has worked for it.
 *
 * @throws SluiceError invalid_request
 */
export function readRequestedOutputs(
  value: unknown,
  { outputs }: ModelSignature,
  maxOutputs: number,
): readonly string[] {
  const names = readNames(value ?? [], maxOutputs);
  names.forEach((name, index) => {
    const field = { path: `outputs[${index}].name` };
    if (!outputs.some((output) => output.name === name))
      throw invalidField(field, `an output of the model (${quoteAll(outputs)})`, quote(name));
    if (names.indexOf(name) < index) throw invalidField(field, 'each output once', `${quote(name)} again`);
  });
  const chosen = names.length === 0 ? outputs.map(({ name }) => name) : names;
  for (const { name, datatype } of outputs)
    if (chosen.includes(name) && !isJsonDatatype(datatype))
      throw invalidField(
        { path: 'outputs' },
        'outputs with a JSON form',
        `${quote(name)}: ${datatype} ${NO_JSON_FORM}`,
      );
  return chosen;
}

function readNames(value: unknown, maxOutputs: number): readonly string[] {
  if (!Array.isArray(value)) throw invalidField({ path: 'outputs' }, 'a list', describeValue(value));
  if (value.length > maxOutputs) throw invalidField({ path: 'outputs' }, `at most ${maxOutputs}`, `${value.length}`);
  return value.map((output: unknown, index) => {
    const path = `outputs[${index}]`;
    if (!isRecord(output)) throw invalidField({ path }, 'an object with a name', describeValue(output));
    const { name, parameters } = output;
    const nameField: Field = { path: `${path}.name` };
    if (typeof name !== 'string') throw invalidField(nameField, 'a string', describeValue(name));
    readParameters(parameters, { path: `${path}.parameters`, of: name });
    return name;
  });
}
