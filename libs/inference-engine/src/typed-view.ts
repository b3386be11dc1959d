import type { Datatype } from '@sluice/contracts';

/** FP16 and BF16 stay bit patterns: Node 20 has no array for them, and nothing here computes with them. */
const ARRAYS = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Uint16Array,
  BF16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
} as const satisfies Record<Exclude<Datatype, 'BYTES'>, unknown>;

export type FixedWidthDatatype = keyof typeof ARRAYS;
export type TypedView = InstanceType<(typeof ARRAYS)[FixedWidthDatatype]>;

/** A view of `count` elements, without a copy. @throws RangeError when byteOffset is not aligned to the element. */
export function typedView(
  datatype: FixedWidthDatatype,
  buffer: ArrayBuffer,
  byteOffset: number,
  count: number,
): TypedView {
  return new ARRAYS[datatype](buffer, byteOffset, count);
}
