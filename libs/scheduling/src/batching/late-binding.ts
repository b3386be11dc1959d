/**
 * When a worker whose device is busy may lease its next batch.
 *
 * Too early, and jobs sit with a busy worker while another is idle, and the batch is formed before its members have
 * arrived; too late, and the device waits for Redis. So: as late as the time allows that leasing and packing take.
 */
export interface RunInProgress {
  readonly startedAt: number;
  /** How long runs like this one take, in ms; undefined when none has been seen. */
  readonly expectedMs: number | undefined;
}

/** Leasing took this long of late (ms); twice that, and a floor, because it varies. */
export function leaseNotBefore(run: RunInProgress, leasingMs: number): number {
  const leadMs = Math.max(MIN_LEAD_MS, 2 * leasingMs);
  return run.expectedMs === undefined ? run.startedAt : run.startedAt + Math.max(0, run.expectedMs - leadMs);
}

const MIN_LEAD_MS = 3;
