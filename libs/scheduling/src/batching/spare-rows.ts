import type { CostReport } from './cost-model.js';

/** Stands for any number of rows, and can be added to without harm. */
const MOST = 1_000_000;

/**
 * How many rows beyond its fair part a worker may take: as many as cost it no more time than another worker would need
 * to get hold of them. The rows that a worker leaves are not for free: somebody must be woken and lease them.
 *
 * @param wakeMs from waking a worker to its first lease's answer
 * @returns 0 when the cost is not known
 */
export function spareRows(cost: CostReport | undefined, wakeMs: number): number {
  if (!cost || wakeMs <= 0) return 0;
  return Math.min(MOST, Math.floor(wakeMs / cost.perRowMs));
}
