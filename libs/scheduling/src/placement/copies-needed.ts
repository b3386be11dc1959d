import type { ModelNeed } from './fleet.js';

/** How many copies of a model others must leave it. */
export interface CopiesNeeded {
  /** When they have no copy themselves. */
  readonly least: number;
  /** When they would only be faster with one more. */
  readonly kept: number;
}

/** Less than one request of a tenth of a millisecond a second is what an average leaves behind of what is over. */
const DEMAND_FLOOR = 0.1;
/** In ms a second: with fewer copies than that makes, each would compute for more than half of the time. */
const HALF_FULL = 500;

/** @returns undefined for a model without demand: it may be unloaded everywhere */
export function copiesNeeded({ backlogMs, demandMsPerSec, minWorkers, pinned }: ModelNeed): CopiesNeeded | undefined {
  if (!pinned && backlogMs <= 0 && demandMsPerSec < DEMAND_FLOOR) return undefined;
  const least = Math.max(1, minWorkers);
  return { least, kept: Math.max(least, Math.ceil(demandMsPerSec / HALF_FULL)) };
}
