import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScriptedModelFile } from '@sluice/inference-engine';
import { prepareInfer, type PreparedRequest } from '../../harness/load/prepared-request.js';

/** Rows of so many FP32 numbers in, their sum out: all that is large is the input. */
export interface WideSumModel {
  readonly name: string;
  readonly width: number;
  /** Of a batch, whatever its size. */
  readonly runMs: number;
}

/** @param models folder to write it into */
export async function writeWideSumModel(models: string, { name, width, runMs }: WideSumModel): Promise<void> {
  const file: ScriptedModelFile = {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, width] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
    fixedMs: runMs,
    perRowMs: 0,
  };
  await mkdir(join(models, name, '1'), { recursive: true });
  await writeFile(join(models, name, 'config.json'), JSON.stringify({ platform: 'scripted' }));
  await writeFile(join(models, name, '1', 'model.json'), JSON.stringify(file));
}

/** Binary tensor data there, JSON back. With another `index` the sum is another one. */
export function wideSumRequest({ name, width }: WideSumModel, index: number): PreparedRequest {
  const values = new Float32Array(width).fill(1);
  values[0] = index;
  const raw = Buffer.from(values.buffer);
  const parameters = { binary_data_size: raw.byteLength };
  const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, width], parameters }] });
  const answer = `"data":[${index + width - 1}]`;
  return prepareInfer(name, body, (bytes) => bytes.includes(answer, 0, 'latin1'), raw);
}
