/** A run in progress on the engine thread. */
export interface TimedRun {
  readonly elapsedMs: number;
  /** What such a batch takes by the cost model; undefined when nothing like it has run. */
  readonly predictedMs: number | undefined;
}

/** How often longer than predicted a run may take. */
const FACTOR = 10;
/** On top: a pause of the machine, and the error of a prediction of microseconds. */
const ALLOWANCE_MS = 1_000;
/** Of a run that nothing is known of: some providers compile or tune for each shape that is new. */
const UNKNOWN_MS = 60_000;

/**
 * Whether a run will probably never end. A thread in native code cannot be stopped: what the worker holds beside it is
 * given back, and the process ends.
 */
export function isOverdue({ elapsedMs, predictedMs }: TimedRun): boolean {
  return elapsedMs > (predictedMs === undefined ? UNKNOWN_MS : FACTOR * predictedMs + ALLOWANCE_MS);
}
