import { elementBytes, elementCount, type ModelSignature, type Tensor, type TensorSpec } from '@sluice/contracts';
import type { TensorSize } from '../batch/raggedness.js';

/** An element of a BYTES tensor: its length, and one character. */
const STRING_ELEMENT = Uint8Array.of(1, 0, 0, 0, 0x61);

/**
 * Inputs of a shape that a model takes, to be measured with: zeros, and strings of one character. A variable dimension
 * other than the first has the size that `sizes` names for it, else 1.
 */
export function generateInputs(signature: ModelSignature, rows: number, sizes: readonly TensorSize[]): Tensor[] {
  return signature.inputs.map((spec) => generateInput(spec, rows, sizes));
}

function generateInput({ name, datatype, shape }: TensorSpec, rows: number, named: readonly TensorSize[]): Tensor {
  const sizeOf = (axis: number) =>
    named.find((size) => size.name === name && size.axis === axis)?.size ?? (axis === 0 ? rows : 1);
  const sizes = shape.map((size, axis) => (size === -1 ? sizeOf(axis) : size));
  const width = elementBytes(datatype);
  const count = elementCount(sizes);
  if (width !== undefined) return { name, datatype, shape: sizes, bytes: new Uint8Array(count * width) };
  const bytes = new Uint8Array(count * STRING_ELEMENT.byteLength);
  for (let element = 0; element < count; element++) bytes.set(STRING_ELEMENT, element * STRING_ELEMENT.byteLength);
  return { name, datatype, shape: sizes, bytes };
}
