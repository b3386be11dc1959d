import type { PreparedRequest } from './prepared-request.js';

interface InferAnswer {
  readonly outputs: readonly [{ readonly data: readonly number[] }];
}

const DATA = '"data":[';
/** Longer than any number that JSON writes. */
const NUMBER_BYTES = 32;

/**
 * Whether the one output of an answer, FP32 as JSON, is the tensor expected: number by number.
 *
 * @param tolerance between a run alone and one in a batch, which add up in another order
 */
export function answersWith(expected: readonly number[], tolerance: number): PreparedRequest['isAnsweredBy'] {
  return (answer) => {
    const [{ data }] = (JSON.parse(answer.toString('utf8')) as InferAnswer).outputs;
    return (
      data.length === expected.length &&
      data.every((value, index) => isClose(value, expected[index] ?? Number.NaN, tolerance))
    );
  };
}

/**
 * The same, looking at the first and the last number only. Of a tensor of a thousand numbers that differ from client to
 * client this tells a wrong answer as well, and costs the client, which shares the cores, next to nothing.
 */
export function beginsAndEndsWith(expected: readonly number[], tolerance: number): PreparedRequest['isAnsweredBy'] {
  const first = expected.at(0) ?? Number.NaN;
  const last = expected.at(-1) ?? Number.NaN;
  return (answer) => {
    const start = answer.indexOf(DATA, 0, 'latin1') + DATA.length;
    const end = answer.indexOf(']', start, 'latin1');
    const head = answer.toString('latin1', start, start + NUMBER_BYTES);
    const tail = answer.toString('latin1', Math.max(start, end - NUMBER_BYTES), end);
    return (
      isClose(Number.parseFloat(head), first, tolerance) &&
      isClose(Number.parseFloat(tail.slice(tail.lastIndexOf(',') + 1)), last, tolerance)
    );
  };
}

/** The same, where the answer ends with the tensor as binary tensor data. */
export function beginsAndEndsWithRaw(expected: readonly number[], tolerance: number): PreparedRequest['isAnsweredBy'] {
  const { BYTES_PER_ELEMENT } = Float32Array;
  return (answer) => {
    const start = answer.byteLength - expected.length * BYTES_PER_ELEMENT;
    return (
      start > 0 &&
      isClose(answer.readFloatLE(start), expected.at(0) ?? Number.NaN, tolerance) &&
      isClose(answer.readFloatLE(answer.byteLength - BYTES_PER_ELEMENT), expected.at(-1) ?? Number.NaN, tolerance)
    );
  };
}

/** False for NaN, which is what a missing number is read as. */
function isClose(actual: number, expected: number, tolerance: number): boolean {
  return Math.abs(actual - expected) <= tolerance;
}
