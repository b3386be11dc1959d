import type { ModelRef } from '@sluice/contracts';
import type { JobAddress, JobRecord } from '@sluice/job-queue';
import { publicJobId } from './public-job-id.js';

/** A job as its client sees it. Times are ISO 8601, UTC. */
export interface JobView {
  readonly id: string;
  readonly model: string;
  readonly version: string;
  readonly state: JobRecord['state'];
  /** While it waits: 1 is next. */
  readonly position?: number | undefined;
  readonly created: string;
  readonly started?: string | undefined;
  readonly finished?: string | undefined;
  /** When it is given up if it has not ended; when its result is dropped if it has. */
  readonly expires: string;
  /** How often a worker has taken it. */
  readonly attempts: number;
  /** Who has it, or had it last. */
  readonly worker?: string | undefined;
  readonly error?: { readonly code: string; readonly message: string } | undefined;
}

export function formatJob(record: JobRecord): JobView {
  const { model = '', version = '' } = record.label;
  const { state, position, enqueuedAt, startedAt, endedAt, expiresAt, keptUntil, attempts, holder, error } = record;
  return {
    id: publicJobId({ queue: record.queue, jobId: record.id }),
    model: String(model),
    version: String(version),
    state,
    position,
    created: isoTime(enqueuedAt),
    started: startedAt === undefined ? undefined : isoTime(startedAt),
    finished: endedAt === undefined ? undefined : isoTime(endedAt),
    expires: isoTime(keptUntil ?? expiresAt),
    attempts,
    worker: holder,
    error,
  };
}

/** A job that was accepted a moment ago. */
export function newJobView(ref: ModelRef, address: JobAddress, createdAt: number, expiresAt: number): JobView {
  const { model, version } = ref;
  const [created, expires] = [isoTime(createdAt), isoTime(expiresAt)];
  return { id: publicJobId(address), model, version, state: 'waiting', created, expires, attempts: 0 };
}

/** The job's JSON, with its result in it, which is JSON already. */
export function jobJson(view: JobView, result?: string): string {
  const json = JSON.stringify(view);
  return result === undefined ? json : `${json.slice(0, -1)},"result":${result}}`;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
