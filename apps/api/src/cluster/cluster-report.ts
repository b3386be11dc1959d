import type { ModelAssignment, WorkerLoad, WorkerReport } from '@sluice/cluster';
import type { ErrorCode, ModelReport } from '@sluice/contracts';
import type { QueueCounts } from '@sluice/job-queue';
import { schedTrace, totalActivity, type Activity, type SchedTrace } from '@sluice/telemetry';

/** What `GET /cluster` answers. */
export interface ClusterReport {
  readonly at: string;
  /** What is counted by interval is counted over the last whole one. */
  readonly intervalMs: number;
  /** The numbers of a line of SCHEDTRACE. */
  readonly summary: SchedTrace;
  readonly workers: readonly WorkerView[];
  readonly queues: readonly QueueView[];
  /** Which models the workers with a memory budget shall have; undefined: there are none. */
  readonly assignment?: ModelAssignment;
  readonly api: {
    readonly id: string;
    readonly loopGapMs: number;
    /** Since its start, by reason. */
    readonly refusals: Readonly<Partial<Record<ErrorCode, number>>>;
  };
}

export interface WorkerView extends Pick<WorkerReport, 'id' | 'host' | 'pid' | 'device' | 'state'> {
  readonly started: string;
  readonly models: readonly { model: string; version: string; state: ModelReport['state']; reason?: string }[];
  /** What it does; undefined until it has told. */
  readonly load: LoadView | undefined;
}

export interface LoadView extends Omit<WorkerLoad, 'workerId' | 'at'> {
  readonly told: string;
  /** What it did in the interval. */
  readonly interval: Pick<SchedTrace, 'shares' | 'batches' | 'meanRows' | 'slices' | 'expired'>;
}

export interface QueueView extends Pick<QueueCounts, 'waiting' | 'active' | 'paused'> {
  readonly name: string;
  /** The worker that it belongs to; undefined: it is there for all. */
  readonly owner: string | undefined;
}

/** What happened in the last whole interval. */
export interface Interval {
  readonly ms: number;
  /** By worker. */
  readonly activities: ReadonlyMap<string, Activity>;
  readonly refused: number;
  readonly loopGapMs: number;
}

export interface ClusterFacts {
  readonly at: number;
  readonly uptimeMs: number;
  readonly apiId: string;
  readonly workers: readonly WorkerReport[];
  readonly loads: readonly WorkerLoad[];
  readonly interval: Interval;
  /** By name. */
  readonly queues: readonly QueueView[];
  readonly assignment?: ModelAssignment | undefined;
  readonly refusals: ClusterReport['api']['refusals'];
}

export function clusterReport(facts: ClusterFacts): ClusterReport {
  const { at, workers, loads, interval, queues, assignment, refusals, apiId } = facts;
  const { loopGapMs } = interval;
  return {
    at: isoTime(at),
    intervalMs: interval.ms,
    summary: schedTrace(loads, totalActivity([...interval.activities.values()]), {
      uptimeMs: facts.uptimeMs,
      shared: queues.filter(({ owner }) => owner === undefined).map(({ waiting }) => waiting),
      own: queues.filter(({ owner }) => owner !== undefined).map(({ waiting }) => waiting),
      refused: interval.refused,
      loopGapMs,
    }),
    workers: workers.map((worker) => workerView(worker, loads, interval)),
    queues,
    ...(assignment && { assignment }),
    api: { id: apiId, loopGapMs, refusals },
  };
}

function workerView(worker: WorkerReport, loads: readonly WorkerLoad[], interval: Interval): WorkerView {
  const { id, host, pid, device, state, startedAt, models } = worker;
  const load = loads.find(({ workerId }) => workerId === id);
  return {
    id,
    host,
    pid,
    device,
    state,
    started: isoTime(startedAt),
    models: models.map((report) => {
      const { model, version } = report;
      const reason = report.state === 'unavailable' ? { reason: report.reason } : {};
      return { model, version, state: report.state, ...reason };
    }),
    load: load && loadView(load, interval),
  };
}

function loadView({ workerId, at, ...load }: WorkerLoad, { activities, loopGapMs }: Interval): LoadView {
  const none = { uptimeMs: 0, shared: [], own: [], refused: undefined, loopGapMs };
  const activity = activities.get(workerId) ?? totalActivity([]);
  const { shares, batches, meanRows, slices, expired } = schedTrace([load], activity, none);
  return { told: isoTime(at), ...load, interval: { shares, batches, meanRows, slices, expired } };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
