import type { ClusterProcess } from '@sluice/local-cluster';

/** What workers must be told for their log to hold every run. */
export const LEDGER_ENVIRONMENT = { SLUICE_LOG_LEVEL: 'debug' } as const;

/** What a device did in a window, by the worker's own record of its runs. */
export interface DeviceLedger {
  readonly runs: number;
  readonly rows: number;
  /** On the engine thread's clock, from start to end of each run. */
  readonly busyMs: number;
}

interface RunEvent {
  readonly msg: 'batch_ran';
  /** ISO 8601, when the run was over. */
  readonly time: string;
  readonly rows: number;
  readonly deviceMs: number;
}

/**
 * The runs that ended in a window. Never from the client's side: what the client sees of a batch is its own arithmetic.
 *
 * @param from and `to`: milliseconds since the epoch
 * @throws Error when the worker has recorded no run at all
 */
export function readDeviceLedger(worker: ClusterProcess, from: number, to: number): DeviceLedger {
  const runs = worker.log().split('\n').flatMap(parseRun);
  if (runs.length === 0) throw new Error(`${worker.name} has logged no batch_ran: is its log level debug?`);
  const inWindow = runs.filter(({ time }) => Date.parse(time) >= from && Date.parse(time) < to);
  return {
    runs: inWindow.length,
    rows: inWindow.reduce((sum, { rows }) => sum + rows, 0),
    busyMs: inWindow.reduce((sum, { deviceMs }) => sum + deviceMs, 0),
  };
}

function parseRun(line: string): RunEvent[] {
  if (!line.includes('"batch_ran"')) return [];
  const event = JSON.parse(line) as RunEvent;
  return event.msg === 'batch_ran' ? [event] : [];
}
