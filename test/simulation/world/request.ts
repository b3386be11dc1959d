import { decodeResult, encodeRequest } from '@sluice/contracts';
import type { ScriptedModelFile } from '@sluice/inference-engine';
import { modelName, type Arrival, type Fate, type SimulatedModel } from '../scenario.js';

const MARKS: Readonly<Record<Fate, number>> = { answer: 0, fail: -1, crash: -2 };
/** More than a request has rows. */
const ROWS_RADIX = 16;

/** A request of the simulation. Each of its rows says whose it is, and so does each row of its answer. */
export interface SimulatedRequest extends Omit<Arrival, 'copies'> {
  /** From 1 on: a row of zeros is nobody's. */
  readonly number: number;
}

export function modelFile({ fixedMs, perRowMs, loadMs = 0 }: SimulatedModel): string {
  const file: ScriptedModelFile = {
    inputs: [{ name: 'x', datatype: 'INT32', shape: [-1, -1] }],
    outputs: [{ name: 'y', datatype: 'INT32', shape: [-1, 1] }],
    fixedMs,
    perRowMs,
    loadMs,
    compute: 'sum',
    failRowsWithValue: MARKS.fail,
    crashOnValue: MARKS.crash,
  };
  return JSON.stringify(file);
}

export function payloadOf({ number, model, rows, width, fate }: SimulatedRequest): Uint8Array {
  const values = new Int32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    values[row * width] = MARKS[fate];
    values[row * width + 1] = number * ROWS_RADIX + row;
  }
  const inputs = [
    { name: 'x', datatype: 'INT32' as const, shape: [rows, width], bytes: new Uint8Array(values.buffer) },
  ];
  return encodeRequest({ model: modelName(model), version: '1', rows, inputs, outputs: ['y'] });
}

/** Whose rows these inputs are, in order. @param width of a row */
export function ownersOf(values: Int32Array, width: number): { readonly number: number; readonly row: number }[] {
  return Array.from({ length: values.length / width }, (_, row) => {
    const tag = values[row * width + 1] ?? 0;
    return { number: Math.floor(tag / ROWS_RADIX), row: tag % ROWS_RADIX };
  });
}

/** Whether a result is that of the request, all of it and in order. */
export function isAnswerOf({ number, rows }: SimulatedRequest, result: Uint8Array): boolean {
  const [output] = decodeResult(result).outputs;
  if (!output) return false;
  const values = new Int32Array(Uint8Array.from(output.bytes).buffer);
  return values.length === rows && values.every((value, row) => value === number * ROWS_RADIX + row);
}
