import { elementBytes, elementCount, type ServedModel, type TensorSpec } from '@sluice/contracts';
import { checkBinaryTensor, LENGTH_BYTES } from './binary-tensor.js';
import type { ParsedInferRequest, TargetModel } from './infer-request.js';
import { describeShape } from './input-shape.js';
import { invalidField, quoteAll } from './invalid-field.js';
import { readSchedulePolicy } from './schedule-policy.js';

const BODY = { path: 'body' };

/**
 * Reads a request without any JSON: the whole body is the model's only input, one row of it where it is batched, or one
 * string. All outputs are answered as binary tensor data.
 *
 * @throws SluiceError invalid_request: the model has several inputs, or the body does not tell the input's shape
 */
export function parseRawRequest(body: Uint8Array, { ref, serving }: TargetModel): ParsedInferRequest {
  const { inputs, outputs } = serving.signature;
  const [spec, ...others] = inputs;
  if (spec === undefined || others.length > 0)
    throw invalidField(
      { path: 'inference-header-content-length' },
      `the length of the JSON, as the model has ${inputs.length} inputs (${quoteAll(inputs)})`,
      '0 for a raw request, which is one input',
    );
  const { name, datatype } = spec;
  const shape = shapeOf(spec, serving, body.byteLength);
  const input = { name, datatype, shape, bytes: datatype === 'BYTES' ? oneElement(body) : body };
  checkBinaryTensor(input, BODY, serving.platform);
  return {
    schedule: readSchedulePolicy({}),
    outputs: outputs.map((output) => ({ name: output.name, isBinary: true })),
    request: { ...ref, rows: 1, inputs: [input], outputs: outputs.map((output) => output.name) },
  };
}

/** The body's length decides one dimension at most. */
function shapeOf({ name, datatype, shape }: TensorSpec, serving: ServedModel, byteLength: number): number[] {
  const declared = serving.maxBatchSize > 0 ? [1, ...shape.slice(1)] : [...shape];
  const size = elementBytes(datatype);
  const fixed = elementCount(declared.filter((dimension) => dimension >= 0));
  if (size === undefined) {
    if (fixed === 1) return declared.map(() => 1);
    throw invalidField(
      { ...BODY, of: name },
      `${fixed} elements (BYTES of shape ${describeShape(shape)})`,
      'a raw request, which is one element',
    );
  }
  const open = declared.filter((dimension) => dimension < 0).length;
  if (open > 1)
    throw invalidField(
      { ...BODY, of: name },
      `JSON that says the shape (the model declares ${describeShape(shape)})`,
      'a raw request, whose length can tell one dimension only',
    );
  const step = size * fixed;
  if (open === 1 && (byteLength === 0 || byteLength % step !== 0))
    throw invalidField(
      { ...BODY, of: name },
      `a multiple of ${step} bytes (${datatype} of shape ${describeShape(declared)})`,
      `${byteLength}`,
    );
  return declared.map((dimension) => (dimension < 0 ? byteLength / step : dimension));
}

/** As a tensor of one string has it. */
function oneElement(body: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(LENGTH_BYTES + body.byteLength);
  bytes.writeUInt32LE(body.byteLength, 0);
  bytes.set(body, LENGTH_BYTES);
  return bytes;
}
