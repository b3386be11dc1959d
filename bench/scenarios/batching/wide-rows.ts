import { seededRandom } from '@sluice/onnx-writer';
import { prepareInfer, type PreparedRequest } from '../../harness/load/prepared-request.js';
import { answersWith, beginsAndEndsWith, beginsAndEndsWithRaw } from '../../harness/load/right-answer.js';
import type { RawInput, RawSession } from '../../harness/raw-session.js';
import { INPUT_WIDTH, OUTPUT_WIDTH } from './weight-bound-model.js';

/** What one client sends, and what it gets when all is right. */
export interface WideRow {
  readonly values: readonly number[];
  readonly expected: readonly number[];
}

/** Of 2048 products each: a run in a batch adds them up in another order than a run alone. */
const TOLERANCE = 1e-4;
/** 10 KB of JSON for a row. */
const DECIMALS = 7;

/** Rows that differ, so that an answer which belongs to another client is seen. Right is what one run of all computes. */
export async function randomRows(count: number, raw: RawSession): Promise<readonly WideRow[]> {
  const random = seededRandom(1);
  const inputs = Array.from({ length: count }, () =>
    Array.from({ length: INPUT_WIDTH }, () => Number((2 * random() - 1).toFixed(DECIMALS))),
  );
  const { output } = await raw.measure(stack(inputs), 0);
  return inputs.map((values, row) => ({
    values,
    expected: output.slice(row * OUTPUT_WIDTH, (row + 1) * OUTPUT_WIDTH),
  }));
}

/** Rows as one batch. */
export function rowsInput(rows: readonly WideRow[]): RawInput {
  return stack(rows.map(({ values }) => values));
}

/** @param checked `every number` costs the client more than the request costs anybody: before the clock runs */
export function jsonRequest(
  model: string,
  { values, expected }: WideRow,
  checked: 'every number' | 'ends',
): PreparedRequest {
  const body = JSON.stringify({ inputs: [{ ...HEADER, data: values }] });
  const check = checked === 'ends' ? beginsAndEndsWith : answersWith;
  return prepareInfer(model, body, check(expected, TOLERANCE));
}

export function binaryRequest(model: string, { values, expected }: WideRow): PreparedRequest {
  const raw = Buffer.from(Float32Array.from(values).buffer);
  const body = JSON.stringify({
    parameters: { binary_data_output: true },
    inputs: [{ ...HEADER, parameters: { binary_data_size: raw.byteLength } }],
  });
  return prepareInfer(model, body, beginsAndEndsWithRaw(expected, TOLERANCE), raw);
}

const HEADER = { name: 'x', datatype: 'FP32', shape: [1, INPUT_WIDTH] } as const;

function stack(rows: readonly (readonly number[])[]): RawInput {
  return { shape: [rows.length, INPUT_WIDTH], data: rows.flat() };
}
