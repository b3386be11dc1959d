import { parseBoundedJson } from '../inference/protocol/bounded-json.js';
import { describeValue, invalidField, quote } from '../inference/protocol/invalid-field.js';
import { isRecord } from '../inference/protocol/json-record.js';

/** The bodies are small; only the contents of a file, which are not served, would be large, and are one string. */
const LIMITS = { maxDepth: 8, maxElements: 1_000, maxMembers: 1_000 };

/** `{"ready"?: boolean}`, or nothing. @throws SluiceError invalid_request */
export function readIndexRequest(body: unknown): { readonly readyOnly: boolean } {
  const { ready } = readBody(body);
  return { readyOnly: readFlag(ready, 'ready') };
}

/**
 * `{"parameters"?: {}}`, or nothing: a model is loaded as it is in the workers' folders.
 * @throws SluiceError invalid_request, also for `config` and `file:<path>`, which would replace what is there
 */
export function checkLoadRequest(body: unknown): void {
  for (const [name, value] of Object.entries(readParameters(body))) {
    const isOverride = name === 'config' || name.startsWith('file:');
    const why = isOverride ? 'models are loaded as they are in the folder' : 'there is no such parameter';
    throw invalidField({ path: `parameters[${quote(name)}]` }, `nothing (${why})`, describeValue(value));
  }
}

/** `{"parameters"?: {"unload_dependents"?: boolean}}`, or nothing: no model depends on another. @throws as above */
export function checkUnloadRequest(body: unknown): void {
  const { unload_dependents: dependents, ...others } = readParameters(body);
  readFlag(dependents, "parameters['unload_dependents']");
  for (const [name, value] of Object.entries(others))
    throw invalidField(
      { path: `parameters[${quote(name)}]` },
      'nothing (there is no such parameter)',
      describeValue(value),
    );
}

function readParameters(body: unknown): Readonly<Record<string, unknown>> {
  const { parameters } = readBody(body);
  if (parameters === undefined || parameters === null) return {};
  if (!isRecord(parameters)) throw invalidField({ path: 'parameters' }, 'an object', describeValue(parameters));
  return parameters;
}

function readBody(body: unknown): Readonly<Record<string, unknown>> {
  if (!(body instanceof Uint8Array) || body.byteLength === 0) return {};
  const json = parseBoundedJson(body, LIMITS);
  if (!isRecord(json)) throw invalidField({ path: 'body' }, 'an object', describeValue(json));
  return json;
}

function readFlag(value: unknown, path: string): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw invalidField({ path }, 'true or false', describeValue(value));
  return value;
}
