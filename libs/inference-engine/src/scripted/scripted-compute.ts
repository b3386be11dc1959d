import { elementCount, type Tensor, type TensorSpec } from '@sluice/contracts';
import type { PackedBatch, PackedTensor } from '../inference-engine.js';
import { typedView, type FixedWidthDatatype, type TypedView } from '../typed-view.js';

/** The first value of each row of an input, as a number. */
export function firstValues(input: PackedTensor, buffer: ArrayBuffer, rows: number): number[] {
  const values = viewOf(input, buffer);
  if (!values || values.length === 0) return [];
  const width = values.length / rows;
  return Array.from({ length: rows }, (_, row) => Number(values[row * width]));
}

/** For each row, the sum of its values in all inputs. */
export function rowSums({ inputs, buffer }: PackedBatch, rows: number): number[] {
  const sums = Array.from({ length: rows }, () => 0);
  for (const input of inputs) {
    const values = viewOf(input, buffer);
    if (!values) continue;
    const width = values.length / rows;
    for (const [index, value] of values.entries()) {
      const row = Math.floor(index / width);
      sums[row] = (sums[row] ?? 0) + Number(value);
    }
  }
  return sums;
}

/** An output whose every element is its row's sum. */
export function sumOutput({ name, datatype, shape }: TensorSpec, sums: readonly number[], batched: boolean): Tensor {
  if (!isFixedWidth(datatype)) throw new Error(`output ${name} of ${datatype} cannot hold a sum`);
  const fullShape = batched ? [sums.length, ...shape.slice(1)] : [...shape];
  const count = elementCount(fullShape);
  // Eight bytes hold an element of any datatype.
  const values = typedView(datatype, new ArrayBuffer(count * 8), 0, count);
  const width = count / sums.length;
  for (let index = 0; index < count; index++) {
    const sum = sums[Math.floor(index / width)] ?? 0;
    if (values instanceof BigInt64Array || values instanceof BigUint64Array) values[index] = BigInt(Math.trunc(sum));
    else values[index] = sum;
  }
  return { name, datatype, shape: fullShape, bytes: bytesOf(values) };
}

/** A copy of an input under the output's name: the input's own buffer goes back to the caller. */
export function echoOutput(name: string, input: PackedTensor, buffer: ArrayBuffer): Tensor {
  const bytes = new Uint8Array(buffer.slice(input.byteOffset, input.byteOffset + input.byteLength));
  return { name, datatype: input.datatype, shape: input.shape, bytes };
}

function viewOf({ datatype, shape, byteOffset }: PackedTensor, buffer: ArrayBuffer): TypedView | undefined {
  return isFixedWidth(datatype) ? typedView(datatype, buffer, byteOffset, elementCount(shape)) : undefined;
}

function isFixedWidth(datatype: Tensor['datatype']): datatype is FixedWidthDatatype {
  return datatype !== 'BYTES';
}

function bytesOf(view: TypedView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
