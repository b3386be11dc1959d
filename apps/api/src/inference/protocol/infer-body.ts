import { BinaryData } from './binary-data.js';
import { parseBoundedJson } from './bounded-json.js';
import { type InferLimits, type ParsedInferRequest, parseInferRequest, type TargetModel } from './infer-request.js';
import { invalidField, quote } from './invalid-field.js';
import { parseRawRequest } from './raw-request.js';

export interface BodyLimits extends InferLimits {
  readonly maxJsonDepth: number;
}

/** Members of the protocol's objects around one tensor, its parameters included. */
const MEMBERS_PER_TENSOR = 16;
const LENGTH = /^\d{1,15}$/;

/**
 * Reads the body of an inference request in whichever of its three forms: JSON; JSON and behind it raw tensors; one raw
 * tensor and nothing else. The tensors that come raw are views of the body.
 *
 * @param body decompressed
 * @param jsonLength the header `Inference-Header-Content-Length`: absent, the length of the JSON in bytes, or 0
 * @throws SluiceError invalid_request
 */
export function parseInferBody(
  body: Uint8Array,
  jsonLength: string | undefined,
  target: TargetModel,
  limits: BodyLimits,
): ParsedInferRequest {
  if (jsonLength === undefined) return parseInferRequest(parseJson(body, limits), target, limits);
  const length = readLength(jsonLength, body.byteLength);
  if (length === 0) return parseRawRequest(body, target);
  const json = parseJson(body.subarray(0, length), limits);
  return parseInferRequest(json, target, limits, new BinaryData(body.subarray(length)));
}

function readLength(text: string, most: number): number {
  const length = LENGTH.test(text) ? Number(text) : undefined;
  if (length !== undefined && length <= most) return length;
  throw invalidField(
    { path: 'inference-header-content-length' },
    `a number of bytes from 0 to ${most}, the length of the body`,
    quote(text),
  );
}

function parseJson(bytes: Uint8Array, { maxJsonDepth, maxElements, maxInputs }: BodyLimits): unknown {
  return parseBoundedJson(bytes, {
    maxDepth: maxJsonDepth,
    maxElements,
    maxMembers: maxInputs * 2 * MEMBERS_PER_TENSOR,
  });
}
