/**
 * Tensor datatypes of the Open Inference Protocol v2 (with Triton's BF16).
 * `bytes` is the size of one element on the wire; BYTES elements are a 4-byte little-endian length and that many bytes.
 */
export const DATATYPES = {
  BOOL: { bytes: 1 },
  UINT8: { bytes: 1 },
  UINT16: { bytes: 2 },
  UINT32: { bytes: 4 },
  UINT64: { bytes: 8 },
  INT8: { bytes: 1 },
  INT16: { bytes: 2 },
  INT32: { bytes: 4 },
  INT64: { bytes: 8 },
  FP16: { bytes: 2 },
  BF16: { bytes: 2 },
  FP32: { bytes: 4 },
  FP64: { bytes: 8 },
  BYTES: { bytes: undefined },
} as const satisfies Record<string, { bytes: number | undefined }>;

export type Datatype = keyof typeof DATATYPES;

export function isDatatype(name: string): name is Datatype {
  return Object.hasOwn(DATATYPES, name);
}

/** Bytes of one element, or undefined where elements differ in length (BYTES). */
export function elementBytes(datatype: Datatype): number | undefined {
  return DATATYPES[datatype].bytes;
}
