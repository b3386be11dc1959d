import type { Clock } from '@sluice/clock';
import type { CostPoint } from '@sluice/contracts';
import { Slice } from './slice.js';

/** Sizes that are measured, up to the most that the model is served with. */
const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const MOST_RUNS = 50;
const FEWEST_RUNS = 5;
/** A size is known well enough when its runs have taken this long. */
const ENOUGH_MS = 100;

export interface ProfilePlan {
  /** Most rows in one batch; 0: the model has no batch dimension. */
  readonly maxBatchSize: number;
  readonly sliceMs: number;
  readonly clock: Clock;
  /** Runs a batch of so many rows. @returns the device time, in ms */
  readonly run: (rows: number) => Promise<number>;
  readonly onPoint: (point: CostPoint) => void;
  /** How much is done, 0 to 1. */
  readonly onProgress: (progress: number) => void;
}

/**
 * Measures batches of each size: one run to warm up, then the median of many. A slice ends when the next run would make
 * it longer than it may be; a run that is longer by itself is a slice of its own.
 */
export async function* profileSlices(plan: ProfilePlan): AsyncGenerator<number, void> {
  const sizes = sizesUpTo(plan.maxBatchSize);
  const slice = new Slice(plan);
  let previousMs = 0;
  for (const [index, rows] of sizes.entries()) {
    const measured: number[] = [];
    const expected = () => measured.at(-1) ?? previousMs;
    if (slice.isOver(expected())) yield slice.end();
    await slice.run(() => plan.run(rows));
    while (!isEnough(measured)) {
      if (slice.isOver(expected())) yield slice.end();
      measured.push(await slice.run(() => plan.run(rows)));
      plan.onProgress((index + Math.min(1, measured.length / MOST_RUNS)) / sizes.length);
    }
    previousMs = median(measured);
    plan.onPoint({ rows, ms: previousMs });
  }
  yield slice.end();
}

function sizesUpTo(maxBatchSize: number): number[] {
  const most = Math.max(1, maxBatchSize);
  const sizes = SIZES.filter((size) => size < most);
  return [...sizes, most];
}

function isEnough(measured: readonly number[]): boolean {
  if (measured.length >= MOST_RUNS) return true;
  return measured.length >= FEWEST_RUNS && measured.reduce((sum, ms) => sum + ms, 0) >= ENOUGH_MS;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
