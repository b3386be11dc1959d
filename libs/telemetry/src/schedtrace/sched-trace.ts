import { totalActivity, type Activity } from './activity.js';
import { classShares, type ClassShare } from './class-shares.js';

/** What the scheduler does, on a worker or on all of them, as one line of `SCHEDTRACE` and as `GET /cluster` tell it. */
export interface SchedTrace {
  /** Of the process that tells. */
  readonly uptimeMs: number;
  readonly workers: number;
  /** Whose device is idle. */
  readonly idle: number;
  /** Of the idle ones, those that look for work. */
  readonly searching: number;
  /** Jobs that workers hold and that have not started. */
  readonly leasedNotStarted: number;
  /** Jobs that wait in each queue that is there for all workers, and in each that belongs to one; by name. */
  readonly shared: readonly number[];
  readonly own: readonly number[];
  readonly shares: readonly ClassShare[];
  /** These, of the interval. */
  readonly batches: number;
  readonly slices: number;
  readonly expired: number;
  /** Undefined: no batch ran. */
  readonly meanRows: number | undefined;
  /** Requests that the API refused for the state of the cluster; undefined on a worker. */
  readonly refused: number | undefined;
  /** The longest that the event loop of the process that tells was blocked. */
  readonly loopGapMs: number;
}

/** A worker as it is at a moment. */
export interface TracedWorker extends Activity {
  readonly device: 'idle' | 'running';
  readonly searching: boolean;
  readonly leasedNotStarted: number;
}

type ProcessFacts = Pick<SchedTrace, 'uptimeMs' | 'shared' | 'own' | 'refused' | 'loopGapMs'>;

/**
 * Sums workers up. What workers did that are gone is not in it.
 *
 * @param interval what they did in it, all together
 */
export function schedTrace(workers: readonly TracedWorker[], interval: Activity, facts: ProcessFacts): SchedTrace {
  const { batches, rows, slices, expired } = interval;
  return {
    ...facts,
    workers: workers.length,
    idle: workers.filter(({ device }) => device === 'idle').length,
    searching: workers.filter(({ searching }) => searching).length,
    leasedNotStarted: workers.reduce((sum, { leasedNotStarted }) => sum + leasedNotStarted, 0),
    shares: classShares(interval, totalActivity(workers)),
    batches,
    slices,
    expired,
    meanRows: batches > 0 ? rows / batches : undefined,
  };
}
