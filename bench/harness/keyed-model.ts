import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScriptedModelFile } from '@sluice/inference-engine';
import { prepareInfer, type PreparedRequest } from './load/prepared-request.js';

/**
 * A model on the scripted device whose requests have a key each: rows of four numbers in, of which the first is the key,
 * their sum out. The device holds some keys, and pays for the others.
 */
export interface KeyedModel {
  readonly name: string;
  /** A batch of n rows that misses m keys takes fixedMs + n * perRowMs + m * missMs. */
  readonly fixedMs: number;
  readonly perRowMs: number;
  readonly missMs: number;
  readonly holdsKeys: number;
  readonly maxBatch: number;
}

/** Under which requests with a key are told apart by the API. */
const AFFINITY_HEADER = 'x-sluice-affinity';
const PAID = '"name":"missed","datatype":"INT32","shape":[1],"data":[1]';

/** @param models folder to write it into */
export async function writeKeyedModel(models: string, model: KeyedModel): Promise<void> {
  const { name, maxBatch, fixedMs, perRowMs, missMs, holdsKeys } = model;
  const file: ScriptedModelFile = {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
    outputs: [
      { name: 'y', datatype: 'FP32', shape: [-1, 1] },
      { name: 'missed', datatype: 'INT32', shape: [-1] },
    ],
    fixedMs,
    perRowMs,
    missMs,
    holdsKeys,
    missOutput: 'missed',
  };
  const config = { platform: 'scripted', max_batch_size: maxBatch, affinity: { saves_ms: missMs } };
  await mkdir(join(models, name, '1'), { recursive: true });
  await writeFile(join(models, name, 'config.json'), JSON.stringify(config));
  await writeFile(join(models, name, '1', 'model.json'), JSON.stringify(file));
}

/**
 * A request of one row.
 *
 * @param hasAffinity whether it names its key to the API
 * @param onMiss called for an answer whose row made the device bring the key in
 */
export function keyedRequest(model: string, key: number, hasAffinity: boolean, onMiss: () => void): PreparedRequest {
  const row = [key, 1, 2, 3];
  const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: row }] });
  const answer = `"data":[${row.reduce((sum, value) => sum + value)}]`;
  return prepareInfer(
    model,
    body,
    (bytes) => {
      if (bytes.includes(PAID, 0, 'latin1')) onMiss();
      return bytes.includes(answer, 0, 'latin1');
    },
    undefined,
    hasAffinity ? { [AFFINITY_HEADER]: `key-${key}` } : {},
  );
}
