import type { JsonDatatype } from './json-datatype.js';

/**
 * How the elements of one datatype are read from JSON.
 *
 * Looking and packing are two passes: the first is a loop that stores nothing, the second hands the whole list to the
 * runtime's own conversion into a typed array. A loop that looks and stores is five times slower once it has met
 * several kinds of typed array. They have the machine's byte order; ONNX Runtime runs on little-endian machines only.
 */
export interface ElementReader {
  readonly expected: string;
  /** Index of the first element that is not of this datatype, or -1. */
  misfit(elements: readonly unknown[]): number;
  /** The same for numbers only; another function, as a loop that meets both kinds of list is slower on either. */
  misfitNumber(elements: Float64Array): number;
  /** The elements' bytes. Only for elements without a misfit: an implementation may name the type that this leaves. */
  pack(elements: ArrayLike<unknown>): Uint8Array;
}

type TypedArrayOfNumbers = new (elements: ArrayLike<number>) => { readonly buffer: ArrayBuffer };

/** The least double that rounds to infinity as a float: the middle between the largest float and 2^128. */
const FP32_OVERFLOW = 2 ** 128 - 2 ** 103;
const DECIMAL = /^-?\d{1,20}$/;
/** Half of a surrogate pair has no UTF-8; at a NUL ends a string of ONNX Runtime, and the rest would be lost unseen. */
const NO_TEXT = /[\0\p{Surrogate}]/u;
const LENGTH_BYTES = 4;

export const ELEMENT_READERS: Readonly<Record<JsonDatatype, ElementReader>> = {
  BOOL: {
    expected: 'true, false, 0 or 1',
    misfit: (elements) =>
      elements.findIndex((element) => element !== true && element !== false && element !== 0 && element !== 1),
    misfitNumber: (elements) => elements.findIndex((element) => element !== 0 && element !== 1),
    pack: (elements) => Uint8Array.from<unknown>(elements, Number),
  },
  UINT8: integers(Uint8Array, 0, 255),
  UINT16: integers(Uint16Array, 0, 65_535),
  UINT32: integers(Uint32Array, 0, 4_294_967_295),
  UINT64: longIntegers(0n, 2n ** 64n - 1n),
  INT8: integers(Int8Array, -128, 127),
  INT16: integers(Int16Array, -32_768, 32_767),
  INT32: integers(Int32Array, -2_147_483_648, 2_147_483_647),
  INT64: longIntegers(-(2n ** 63n), 2n ** 63n - 1n),
  FP32: floats(Float32Array, FP32_OVERFLOW, 'a number within ±3.4028235e38'),
  FP64: floats(Float64Array, Number.POSITIVE_INFINITY, 'a number within ±1.7976931348623157e308'),
  BYTES: {
    expected: 'a string without NUL or half of a surrogate pair',
    misfit: (elements) => elements.findIndex((element) => typeof element !== 'string' || NO_TEXT.test(element)),
    misfitNumber: () => 0,
    pack: packStrings,
  },
};

function integers(view: TypedArrayOfNumbers, least: number, greatest: number): ElementReader {
  return {
    expected: `an integer from ${least} to ${greatest}`,
    misfit: (elements) => {
      for (let index = 0; index < elements.length; index++) {
        const element = elements[index];
        if (typeof element !== 'number' || element < least || element > greatest || element !== Math.trunc(element))
          return index;
      }
      return -1;
    },
    misfitNumber: (elements) => {
      for (let index = 0; index < elements.length; index++) {
        const element = elements[index]!;
        if (element < least || element > greatest || element !== Math.trunc(element)) return index;
      }
      return -1;
    },
    pack: (elements: ArrayLike<number>) => new Uint8Array(new view(elements).buffer),
  };
}

/** @param limit the least magnitude that does not fit */
function floats(view: TypedArrayOfNumbers, limit: number, expected: string): ElementReader {
  return {
    expected,
    misfit: (elements) => {
      for (let index = 0; index < elements.length; index++) {
        const element = elements[index];
        if (typeof element !== 'number' || !(element < limit && element > -limit)) return index;
      }
      return -1;
    },
    misfitNumber: (elements) => {
      for (let index = 0; index < elements.length; index++) {
        const element = elements[index]!;
        if (!(element < limit && element > -limit)) return index;
      }
      return -1;
    },
    pack: (elements: ArrayLike<number>) => new Uint8Array(new view(elements).buffer),
  };
}

/**
 * 64-bit integers. `JSON.parse` makes doubles, which beyond ±(2^53 - 1) are no longer the digits that were sent: those
 * are refused rather than silently rounded, and may be sent as decimal strings.
 */
function longIntegers(least: bigint, greatest: bigint): ElementReader {
  const fitsNumber = (element: number) => Number.isSafeInteger(element) && (element >= 0 || least < 0n);
  function fits(element: unknown): boolean {
    if (typeof element === 'number') return fitsNumber(element);
    if (typeof element !== 'string' || !DECIMAL.test(element)) return false;
    const value = BigInt(element);
    return value >= least && value <= greatest;
  }
  return {
    expected: `an integer from ${least} to ${greatest}, as a decimal string where it is beyond ±${Number.MAX_SAFE_INTEGER}`,
    misfit: (elements) => {
      for (let index = 0; index < elements.length; index++) if (!fits(elements[index])) return index;
      return -1;
    },
    misfitNumber: (elements) => elements.findIndex((element) => !fitsNumber(element)),
    pack: packLongIntegers,
  };
}

function packLongIntegers(elements: ArrayLike<number | string>): Uint8Array {
  const bytes = new Uint8Array(elements.length * 8);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < elements.length; index++) {
    const element = elements[index]!;
    if (typeof element === 'number') {
      // Two halves of two's complement: exact for safe integers, and no BigInt is made for each element.
      view.setUint32(index * 8, element >>> 0, true);
      view.setInt32(index * 8 + 4, Math.floor(element / 2 ** 32), true);
    } else {
      view.setBigInt64(index * 8, BigInt(element), true);
    }
  }
  return bytes;
}

/** Each a 4-byte length and its UTF-8. */
function packStrings(elements: readonly string[]): Uint8Array {
  const total = elements.reduce((sum, element) => sum + LENGTH_BYTES + Buffer.byteLength(element, 'utf8'), 0);
  const bytes = Buffer.alloc(total);
  let offset = 0;
  for (const element of elements) {
    const length = bytes.write(element, offset + LENGTH_BYTES, 'utf8');
    offset = bytes.writeUInt32LE(length, offset) + length;
  }
  return bytes;
}
