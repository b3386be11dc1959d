import type { CostPoint } from './cost-model.js';

/** A larger batch must bring at least this much more throughput: it costs memory, and the latency of all in it. */
const WORTH = 1.05;

/**
 * The size of batch to stop at, from a profile: beyond it items/s grows by less than 5 %.
 *
 * Looked at from the best size downwards and not from 1 upwards: one measurement that a busy machine spoilt must not
 * end the search, and many small gains add up.
 *
 * @param points in any order; those beyond the limit do not count
 * @param limit the most rows that are allowed; also the answer when nothing is known
 */
export function bestBatch(points: readonly CostPoint[], limit: number): number {
  const allowed = points.filter(({ rows }) => rows <= limit);
  const best = Math.max(...allowed.map(rowsPerMs));
  const enough = allowed.filter((point) => rowsPerMs(point) * WORTH >= best).map(({ rows }) => rows);
  return enough.length === 0 ? limit : Math.min(...enough);
}

function rowsPerMs({ rows, ms }: CostPoint): number {
  return rows / ms;
}
