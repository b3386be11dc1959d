import type { ClusterProcess } from '@sluice/local-cluster';
import { readEvents } from '../../harness/log-events.js';

/** A request of a model, by when it was due. Times are milliseconds since the epoch. */
export interface Asked {
  readonly model: string;
  readonly dueAt: number;
}

/** What one worker says of itself: when it had which models, and how many requests of each it ran when. */
export interface WorkerRecord {
  readonly ready: readonly ModelAt[];
  readonly released: readonly ModelAt[];
  readonly runs: readonly { readonly model: string; readonly jobs: number; readonly startedAt: number }[];
}

interface ModelAt {
  readonly model: string;
  readonly at: number;
}

export function readRecord(worker: ClusterProcess): WorkerRecord {
  const read = <T>(name: string) => readEvents<T>(worker.log(), name);
  return { ready: read('model_ready'), released: read('model_released'), runs: read('device_ran') };
}

/**
 * How many of the requests were warm: the worker that ran it had its model in memory when it was due.
 *
 * The requests of a model run in the order in which they came, so the first to come is in the first run; two that come
 * within milliseconds may be taken for each other.
 *
 * @param asked in the order of their times, and the records: nothing else was asked since the first was due
 * @throws Error when as many requests have not run as were answered
 */
export function countWarm(asked: readonly Asked[], records: readonly WorkerRecord[]): number {
  const since = asked[0]?.dueAt ?? 0;
  const ranBy = new Map<string, WorkerRecord[]>();
  const runs = records.flatMap((record) => record.runs.map((run) => ({ ...run, record })));
  for (const { model, jobs, startedAt, record } of runs.toSorted((one, other) => one.startedAt - other.startedAt)) {
    if (startedAt < since) continue;
    ranBy.set(model, [...(ranBy.get(model) ?? []), ...Array.from({ length: jobs }, () => record)]);
  }
  let warm = 0;
  for (const { model, dueAt } of asked) {
    const record = ranBy.get(model)?.shift();
    if (!record) throw new Error(`${model}: more requests were answered than ran`);
    if (has(record, model, dueAt)) warm++;
  }
  const left = [...ranBy].filter(([, more]) => more.length > 0);
  if (left.length > 0) throw new Error(`${left.map(([model]) => model).join()}: more requests ran than were answered`);
  return warm;
}

/** Whether it was loaded, and not released since. */
function has({ ready, released }: WorkerRecord, model: string, at: number): boolean {
  const latest = (events: readonly ModelAt[]) =>
    Math.max(...events.flatMap((event) => (event.model === model && event.at <= at ? event.at : [])), -Infinity);
  return latest(ready) > latest(released);
}
