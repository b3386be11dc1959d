import { INFERENCE_CLASS } from '@sluice/contracts';
import type { ClusterProcess } from '@sluice/local-cluster';
import { readEvents } from './log-events.js';

/** What workers must be told for their log to hold every run. */
export const LEDGER_ENVIRONMENT = { SLUICE_LOG_LEVEL: 'debug' } as const;

/** One run on a device, as its worker recorded it. */
export interface DeviceRun {
  readonly shareClass: string;
  readonly rows: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** On the engine thread's clock, from start to end. */
  readonly deviceMs: number;
}

/** What a device did for one class of work in a window. */
export interface DeviceUse {
  readonly runs: number;
  readonly rows: number;
  readonly busyMs: number;
}

interface RunEvent {
  readonly shareClass: string;
  readonly rows: number;
  readonly startedAt: number;
  readonly deviceMs: number;
}

/** Every run so far, in order. @throws Error when the worker has recorded none at all */
export function readRuns(worker: ClusterProcess): DeviceRun[] {
  const runs = readEvents<RunEvent>(worker.log(), 'device_ran');
  if (runs.length === 0) throw new Error(`${worker.name} has logged no device_ran: is its log level debug?`);
  return runs.map(({ at, shareClass, rows, startedAt, deviceMs }) => {
    return { shareClass, rows, startedAt, endedAt: at, deviceMs };
  });
}

/**
 * The runs of one class that ended in a window. Never from the client's side: what the client sees of a batch is its own
 * arithmetic.
 *
 * @param from and `to`: milliseconds since the epoch
 */
export function deviceUse(
  runs: readonly DeviceRun[],
  from: number,
  to: number,
  shareClass: string = INFERENCE_CLASS,
): DeviceUse {
  const inWindow = runs.filter((run) => run.shareClass === shareClass && run.endedAt >= from && run.endedAt < to);
  return {
    runs: inWindow.length,
    rows: inWindow.reduce((sum, { rows }) => sum + rows, 0),
    busyMs: inWindow.reduce((sum, { deviceMs }) => sum + deviceMs, 0),
  };
}
