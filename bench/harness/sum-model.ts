import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScriptedModelFile } from '@sluice/inference-engine';
import { prepareInfer, type PreparedRequest } from './load/prepared-request.js';

/** A model on the scripted device: rows of four numbers in, their sum out. */
export interface SumModel {
  readonly name: string;
  /** A batch of n rows takes fixedMs + n * perRowMs. */
  readonly fixedMs: number;
  readonly perRowMs: number;
  readonly maxBatch: number;
  /** That its requests may belong to one worker, and what that saves; by default they do not. */
  readonly affinitySavesMs?: number;
  /** How long its load takes; no time by default. */
  readonly loadMs?: number;
  /** What it counts for in a worker's budget; by default what its files are. */
  readonly memoryBytes?: number;
}

/** @param models folder to write it into */
export async function writeSumModel(models: string, model: SumModel): Promise<void> {
  const { name, fixedMs, perRowMs, maxBatch, affinitySavesMs, loadMs = 0, memoryBytes } = model;
  const file: ScriptedModelFile = {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
    fixedMs,
    perRowMs,
    loadMs,
  };
  await mkdir(join(models, name, '1'), { recursive: true });
  await writeFile(
    join(models, name, 'config.json'),
    JSON.stringify({
      platform: 'scripted',
      max_batch_size: maxBatch,
      ...(affinitySavesMs !== undefined && { affinity: { saves_ms: affinitySavesMs } }),
      ...(memoryBytes !== undefined && { memory_bytes: memoryBytes }),
    }),
  );
  await writeFile(join(models, name, '1', 'model.json'), JSON.stringify(file));
}

/**
 * A request of one row. With another `index` it sums other numbers: an answer that belongs to another one is seen.
 *
 * @param deadlineMs that the request names; none by default
 */
export function sumRequest(model: string, index: number, deadlineMs?: number): PreparedRequest {
  const row = [index, 1, 2, 3];
  const body = JSON.stringify({
    ...(deadlineMs !== undefined && { parameters: { timeout: deadlineMs * 1000 } }),
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: row }],
  });
  const answer = `"data":[${row.reduce((sum, value) => sum + value)}]`;
  return prepareInfer(model, body, (bytes) => bytes.includes(answer, 0, 'latin1'));
}
