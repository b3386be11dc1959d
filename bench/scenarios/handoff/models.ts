import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScriptedModelFile } from '@sluice/inference-engine';

const MEGABYTE = 1024 * 1024;

/** What the jobs are for. Rows of any width in, their sums out: rows of two widths are never in one run. */
export const WORK = 'work';
const WORK_COST = { fixedMs: 10, perRowMs: 50 } as const;
const WORK_MAX_BATCH = 32;
/** In the first number of a row: its run hangs for a while. */
export const HANGS = 1;
const HANG_MS = 900;
/** Its load keeps the device from running anything. */
export const HOLDER = 'holder';
/** Its memory is more than the first worker may have. */
export const HEAVY = 'heavy';
/** What the first worker may have, and what `HEAVY` takes: a worker without it has about 100 MB. */
export const MEMORY_LIMIT_BYTES = 330 * MEGABYTE;
const HEAVY_BYTES = 300 * MEGABYTE;
const HOLDER_LOAD_MS = 2_500;
/** What the second worker is busy with when the first is given its jobs. */
export const DECOY = 'decoy';
const DECOY_MS = 250;

const SUM: ScriptedModelFile = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, -1] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
  fixedMs: 1,
  perRowMs: 0,
};

export function writeWork(models: string): Promise<void> {
  const file = { ...SUM, ...WORK_COST, stallOnValue: HANGS, stallMs: HANG_MS };
  return writeModel(models, WORK, file, { max_batch_size: WORK_MAX_BATCH, affinity: { saves_ms: 1 } });
}

export function writeDecoy(models: string): Promise<void> {
  return writeModel(models, DECOY, { ...SUM, fixedMs: DECOY_MS }, { max_batch_size: 1 });
}

/** The two that are not to be there when a worker starts. */
export async function writeBurdens(models: string): Promise<void> {
  await writeModel(models, HOLDER, { ...SUM, loadMs: HOLDER_LOAD_MS, loadHoldsDevice: true }, {});
  await writeModel(models, HEAVY, { ...SUM, memoryBytes: HEAVY_BYTES }, {});
}

async function writeModel(models: string, name: string, file: ScriptedModelFile, config: object): Promise<void> {
  await mkdir(join(models, name, '1'), { recursive: true });
  await writeFile(join(models, name, 'config.json'), JSON.stringify({ platform: 'scripted', ...config }));
  await writeFile(join(models, name, '1', 'model.json'), JSON.stringify(file));
}
