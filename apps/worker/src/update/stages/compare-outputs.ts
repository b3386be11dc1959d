import type { Tensor } from '@sluice/contracts';
import { elementName } from './element-name.js';
import { isFloat, numbersOf } from './numbers-of.js';

/** How far a number may be off: `absolute + relative * |expected|`. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/**
 * Compares an answer with what was expected, tensor by tensor as they are named there. A tensor counts as a whole: one
 * number that is off makes it wrong. Numbers may differ by the tolerance where either side is a float, whatever its width,
 * so that a version may compute in another one; integers and strings are the same or wrong. NaN is right where NaN is
 * expected, and an infinity where the same one is.
 *
 * @returns what is wrong, the first of it, for people; undefined: nothing
 */
export function faultBetween(
  expected: readonly Tensor[],
  got: readonly Tensor[],
  tolerance: Tolerance,
): string | undefined {
  for (const tensor of expected) {
    const answer = got.find(({ name }) => name === tensor.name);
    const fault = answer ? faultOfTensor(tensor, answer, tolerance) : `there is no output ${tensor.name}`;
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function faultOfTensor(expected: Tensor, got: Tensor, tolerance: Tolerance): string | undefined {
  if (expected.shape.join() !== got.shape.join())
    return `${got.name} has shape [${got.shape.join(', ')}], expected [${expected.shape.join(', ')}]`;
  const [wanted, answered] = [numbersOf(expected), numbersOf(got)];
  if (!wanted || !answered) return faultOfStrings(expected, got);
  const isTolerant = isFloat(expected.datatype) || isFloat(got.datatype);
  for (let index = 0; index < wanted.length; index++) {
    const [a, b] = [wanted[index] ?? NaN, answered[index] ?? NaN];
    const isRight = isTolerant ? isNear(Number(a), Number(b), tolerance) : BigInt(a) === BigInt(b);
    if (!isRight) return `${elementName(got, index)} is ${b}, expected ${a}`;
  }
  return undefined;
}

function isNear(expected: number, got: number, { absolute, relative }: Tolerance): boolean {
  if (Object.is(expected, got)) return true;
  // Infinities have no distance, and make every tolerance infinite.
  if (!Number.isFinite(expected) || !Number.isFinite(got)) return expected === got;
  return Math.abs(got - expected) <= absolute + relative * Math.abs(expected);
}

function faultOfStrings(expected: Tensor, got: Tensor): string | undefined {
  if (expected.datatype !== got.datatype) return `${got.name} is ${got.datatype}, expected ${expected.datatype}`;
  const [wanted, answered] = [stringsOf(expected.bytes), stringsOf(got.bytes)];
  const index = wanted.findIndex((text, at) => text !== answered[at]);
  if (index === -1) return undefined;
  return `${elementName(got, index)} is ${JSON.stringify(answered[index])}, expected ${JSON.stringify(wanted[index])}`;
}

/** A 4-byte length, and so many bytes, for each. */
function stringsOf(bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const strings: string[] = [];
  for (let start = 4; start <= bytes.byteLength;) {
    const end = start + view.getUint32(start - 4, true);
    strings.push(Buffer.from(bytes.subarray(start, end)).toString());
    start = end + 4;
  }
  return strings;
}
