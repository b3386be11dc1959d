import { shortestFloat32 } from './shortest-float32.js';

const POWERS_OF_TEN = Float64Array.from({ length: 16 }, (_, exponent) => Number(`1e${exponent}`));
/** By a float's exponent bits: the decimal exponent of the least such float. */
const LEAST_EXPONENT = Int8Array.from({ length: 256 }, (_, bits) => Math.floor((bits - 127) * Math.log10(2)));
/** Any decimal of 6 digits survives a float; 9 digits tell every float from its neighbours. */
const FEWEST_DIGITS = 6;
const MOST_DIGITS = 9;
/** Where JavaScript writes a number without an exponent, and its digits fit into 31 bits. */
const LEAST_PLAIN = 1e-6;
const LEAST_LONG = 1e9;

/** Written here first, and then made a string: one string for thousands of numbers, and none for each. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024);
/** A sign, 21 digits and a comma: more than any number takes. */
const LONGEST = 32;

/**
 * The text of a JSON list of floats, each as `shortestFloat32` shortens it: a number that is rounded to 6, 7, 8, 9 digits
 * until it reads back as the float. The digits go into bytes as the integer that they are, which is 4 to 5 times as fast
 * as making doubles of them and having those printed.
 *
 * @param values finite
 */
export function writeFloat32List(values: Float32Array): string {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let text = '[';
  let at = 0;
  for (let index = 0; index < values.length; index++) {
    if (at > scratch.length - LONGEST) {
      text += scratch.toString('latin1', 0, at);
      at = 0;
    }
    if (index > 0) scratch[at++] = 0x2c;
    at = writeFloat32(values[index]!, bits[index]!, at);
  }
  return `${text}${scratch.toString('latin1', 0, at)}]`;
}

/** @returns where the next byte goes */
function writeFloat32(value: number, bits: number, start: number): number {
  const size = Math.abs(value);
  if (!(size >= LEAST_PLAIN && size < LEAST_LONG))
    return start + scratch.write(String(shortestFloat32(value)), start, 'latin1');
  let exponent = LEAST_EXPONENT[(bits >>> 23) & 0xff]!;
  const isNext = exponent < -1 ? size * power(-exponent - 1) >= 1 : size >= power(exponent + 1);
  if (isNext) exponent++;
  let decimals = FEWEST_DIGITS - 1 - exponent;
  let digits = roundedTo(size, decimals);
  for (const last = MOST_DIGITS - 1 - exponent; digits < 0; digits = roundedTo(size, decimals)) {
    if (++decimals > last) return start + scratch.write(String(shortestFloat32(value)), start, 'latin1');
  }
  for (; decimals < 0; decimals++) digits = Math.imul(digits, 10);
  for (; decimals > 0; decimals--) {
    const fewer = (digits / 10) | 0;
    if (fewer * 10 !== digits) break;
    digits = fewer;
  }

  let at = start;
  if (value < 0) scratch[at++] = 0x2d;
  const end = at + Math.max(1, exponent + 1) + (decimals > 0 ? decimals + 1 : 0);
  const point = decimals > 0 ? end - decimals - 1 : end;
  for (let back = end - 1; back >= at; back--) {
    if (back === point) {
      scratch[back] = 0x2e;
    } else {
      const rest = (digits / 10) | 0;
      scratch[back] = 0x30 + (digits - rest * 10);
      digits = rest;
    }
  }
  return end;
}

/** The digits of a size that is rounded to so many decimals, as an integer; -1 when they are not those of this float. */
function roundedTo(size: number, decimals: number): number {
  if (decimals >= 0) {
    const digits = Math.floor(size * power(decimals) + 0.5);
    return Math.fround(digits / power(decimals)) === size ? digits : -1;
  }
  const digits = Math.floor(size / power(-decimals) + 0.5);
  return Math.fround(digits * power(-decimals)) === size ? digits : -1;
}

function power(exponent: number): number {
  return POWERS_OF_TEN[exponent]!;
}
