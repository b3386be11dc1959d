import type { TimedRun } from './overdue.js';

/** How much longer than predicted a run may take before others should have what waits behind it. */
const FACTOR = 2;
const ALLOWANCE_MS = 200;
/** Of a run that nothing is known of. */
const UNKNOWN_MS = 800;

/**
 * Whether what is leased and has not started should be given back: the run before it takes longer than anybody planned
 * for. Giving back too early costs a round trip and the place in the batch, too late costs the requests their time.
 */
export function isBlocked({ elapsedMs, predictedMs }: TimedRun): boolean {
  return elapsedMs > (predictedMs === undefined ? UNKNOWN_MS : FACTOR * predictedMs + ALLOWANCE_MS);
}
