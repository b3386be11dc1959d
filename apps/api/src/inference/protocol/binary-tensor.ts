import { isUtf8 } from 'node:buffer';
import { elementBytes, elementCount, type ServedModel, type Tensor } from '@sluice/contracts';
import { describeShape } from './input-shape.js';
import { type Field, invalidField } from './invalid-field.js';

/** Bytes in front of each element of BYTES: its length, little-endian. */
export const LENGTH_BYTES = 4;

/**
 * Checks that bytes, as they came, are a whole tensor: the runtime's own look at them would come too late, or not at all.
 * Any bit pattern is a number, NaN and the infinities included; a BOOL is 0 or 1.
 *
 * @param field where a wrong number of bytes is to be complained about
 * @param platform ONNX Runtime's strings are text: what is not UTF-8 it cannot hold, and at a NUL it cuts them off unseen
 * @throws SluiceError invalid_request
 */
export function checkBinaryTensor(tensor: Tensor, field: Field, platform: ServedModel['platform']): void {
  const { datatype, shape, bytes } = tensor;
  const size = elementBytes(datatype);
  if (size === undefined) return checkElements(tensor, field, platform === 'onnxruntime_onnx');
  const expected = size * elementCount(shape);
  if (bytes.byteLength !== expected)
    throw invalidField(
      field,
      `${expected} bytes (${datatype} of shape ${describeShape(shape)})`,
      `${bytes.byteLength}`,
    );
  if (datatype === 'BOOL') checkBooleans(bytes, field);
}

function checkBooleans(bytes: Uint8Array, field: Field): void {
  for (let at = 0; at < bytes.byteLength; at++)
    if ((bytes[at] ?? 0) > 1) throw invalidField(field, 'bytes of 0 or 1 (BOOL)', `${bytes[at]} at byte ${at}`);
}

function checkElements({ shape, bytes }: Tensor, field: Field, isText: boolean): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let count = 0;
  let offset = 0;
  for (; offset < bytes.byteLength; count++) {
    const left = bytes.byteLength - offset - LENGTH_BYTES;
    if (left < 0)
      throw invalidField(
        field,
        `a length of ${LENGTH_BYTES} bytes in front of element ${count} (BYTES)`,
        `${left + LENGTH_BYTES}`,
      );
    const length = view.getUint32(offset, true);
    if (length > left)
      throw invalidField(
        field,
        `at most ${left} bytes, which is what is left, in element ${count} (BYTES)`,
        `${length}`,
      );
    const start = offset + LENGTH_BYTES;
    offset = start + length;
    if (isText && length > 0) checkText(bytes.subarray(start, offset), field, count);
  }
  const expected = elementCount(shape);
  if (count !== expected)
    throw invalidField(field, `${expected} elements (BYTES of shape ${describeShape(shape)})`, `${count}`);
}

function checkText(element: Uint8Array, field: Field, index: number): void {
  if (!isUtf8(element)) throw invalidField(field, 'text in UTF-8 (BYTES)', `other bytes in element ${index}`);
  if (element.includes(0)) throw invalidField(field, 'text without NUL (BYTES)', `one in element ${index}`);
}
