import type { Datatype, Tensor } from '@sluice/contracts';

/** Integers that a double holds exactly are numbers, 64-bit ones are bigints; true is 1. */
export type Numbers = ArrayLike<number> | ArrayLike<bigint>;

const VIEWS = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP32: Float32Array,
  FP64: Float64Array,
} as const satisfies Partial<Record<Datatype, unknown>>;

/** The elements of a tensor; undefined of one that holds strings. */
export function numbersOf({ datatype, bytes }: Tensor): Numbers | undefined {
  if (datatype === 'BYTES') return undefined;
  // A copy: where it lies in a batch's buffer, or in a file, need not be a multiple of its width.
  const { buffer } = new Uint8Array(bytes);
  if (datatype === 'FP16') return Float64Array.from(new Uint16Array(buffer), halfOf);
  if (datatype === 'BF16') return Float64Array.from(new Uint16Array(buffer), brainFloatOf);
  return new VIEWS[datatype](buffer);
}

export function isFloat(datatype: Datatype): boolean {
  return datatype.startsWith('FP') || datatype === 'BF16';
}

/** IEEE 754 binary16: a sign, five bits of exponent, ten of the fraction. */
function halfOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = (bits & 0x3ff) / 1024;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}

const word = new DataView(new ArrayBuffer(4));

/** The upper half of a binary32. */
function brainFloatOf(bits: number): number {
  word.setUint32(0, bits << 16);
  return word.getFloat32(0);
}
