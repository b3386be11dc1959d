import type { DroppedJob, Lease, NewJob, Outcome } from '../job-queue.js';
import type { JobRecord, JobState } from '../job-record.js';

export interface MemoryJob {
  readonly spec: NewJob;
  readonly enqueuedAt: number;
  readonly deaths: { inCompany: number; alone: number };
  /** That of its spec, until it is raised. Not to be changed while it waits. */
  priority: number;
  attempt: number;
  state: 'waiting' | 'active' | 'ended';
  /** When it was leased last, and by whom. */
  started?: { at: number; holder: string };
  /** While active. */
  held?: { lease: Lease; until: number };
  /** When ended. */
  ended?: { outcome: Outcome; at: number; keptUntil: number; by: Lease };
}

function stateOf({ state, ended }: MemoryJob): JobState {
  if (state !== 'ended') return state;
  return ended?.outcome.ok ? 'completed' : 'failed';
}

/** @param position only of a job that waits */
export function recordOf(queue: string, job: MemoryJob, position: number | undefined): JobRecord {
  const { spec, enqueuedAt, priority, attempt, started, ended } = job;
  const { id, label, replyTo, expiresAt, owner } = spec;
  return {
    id,
    queue,
    label,
    replyTo,
    priority,
    enqueuedAt,
    expiresAt,
    attempts: attempt,
    state: stateOf(job),
    ...(owner !== undefined && { owner }),
    ...(position !== undefined && { position }),
    ...(started && { startedAt: started.at, holder: started.holder }),
    ...(ended && { endedAt: ended.at, keptUntil: ended.keptUntil }),
    ...(ended && !ended.outcome.ok && { error: ended.outcome.error }),
  };
}

/** Of one that the queue has ended; none of another. */
export function droppedJob({ spec, ended }: MemoryJob): DroppedJob[] {
  return ended && !ended.outcome.ok ? [{ jobId: spec.id, error: ended.outcome.error }] : [];
}

export function byArrival(a: MemoryJob, b: MemoryJob): number {
  return a.enqueuedAt - b.enqueuedAt || (a.spec.id < b.spec.id ? -1 : a.spec.id > b.spec.id ? 1 : 0);
}
