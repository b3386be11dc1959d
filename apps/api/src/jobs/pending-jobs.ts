import { SluiceError, type ErrorBody } from '@sluice/contracts';

/** One who waits for a job's answer. */
export interface Waiter {
  /** The job's result; rejects with its error, or with the reason for which the waiter left. */
  readonly answer: Promise<Uint8Array>;
  /** Waits no longer. Others who wait for the same job go on. */
  readonly leave: (reason: SluiceError) => void;
}

/**
 * Why an answer is expected, and with it how soon to look for it ourselves. `own`: this process made the job for this
 * one waiter, is sent its answer, and may cancel it. `shared`: it is sent the answer, but the job is there for others
 * too. `elsewhere`: another process is sent the answer, so that looking is the only way.
 */
export type Expectation = 'own' | 'shared' | 'elsewhere';

interface Callbacks {
  readonly resolve: (result: Uint8Array) => void;
  readonly reject: (error: SluiceError) => void;
}

interface PendingJob {
  readonly queue: string;
  readonly isOwn: boolean;
  readonly waiters: Map<symbol, Callbacks>;
  readonly pace: { readonly firstMs: number; readonly mostMs: number };
  /** When to look for the result ourselves; later each time. */
  checkAt: number;
  checks: number;
}

const PACE_OF_LOST_REPLIES = { firstMs: 1_000, mostMs: 5_000 };
const PACE_OF_LOOKING = { firstMs: 125, mostMs: 500 };

/** The jobs whose clients this process holds on the line. Each waiter is answered once, by whichever answer comes first. */
export class PendingJobs {
  private readonly jobs = new Map<string, PendingJob>();

  get size(): number {
    return this.jobs.size;
  }

  /** To be called before the job is enqueued: answers are fast. */
  join(jobId: string, queue: string, expectation: Expectation): Waiter {
    const job = this.jobs.get(jobId) ?? this.open(jobId, queue, expectation);
    const key = Symbol(jobId);
    const answer = new Promise<Uint8Array>((resolve, reject) => {
      job.waiters.set(key, { resolve, reject });
    });
    const leave = (reason: SluiceError) => {
      job.waiters.get(key)?.reject(reason);
      job.waiters.delete(key);
      if (job.waiters.size === 0 && this.jobs.get(jobId) === job) this.jobs.delete(jobId);
    };
    return { answer, leave };
  }

  complete(jobId: string, result: Uint8Array): void {
    for (const { resolve } of this.take(jobId)) resolve(result);
  }

  fail(jobId: string, error: ErrorBody | SluiceError): void {
    const thrown = error instanceof SluiceError ? error : SluiceError.from(error);
    for (const { reject } of this.take(jobId)) reject(thrown);
  }

  has(jobId: string): boolean {
    return this.jobs.has(jobId);
  }

  isOwn(jobId: string): boolean {
    return this.jobs.get(jobId)?.isOwn === true;
  }

  /** Ids and queues of all of them. */
  all(): [jobId: string, queue: string][] {
    return [...this.jobs].map(([jobId, { queue }]) => [jobId, queue]);
  }

  /** Up to `max` jobs that have waited long enough for a look, by queue. */
  due(max: number): Map<string, string[]> {
    const now = performance.now();
    const due: string[] = [];
    for (const [jobId, job] of this.jobs) {
      if (due.length === max) break;
      if (job.checkAt > now) continue;
      job.checks++;
      job.checkAt = now + Math.min(job.pace.mostMs, job.pace.firstMs * 2 ** job.checks);
      due.push(jobId);
    }
    return this.byQueue(due);
  }

  /** All of them, by queue. */
  byQueue(jobIds: Iterable<string> = this.jobs.keys()): Map<string, string[]> {
    const queues = new Map<string, string[]>();
    for (const jobId of jobIds) {
      const queue = this.jobs.get(jobId)?.queue;
      if (queue === undefined) continue;
      const ids = queues.get(queue);
      if (ids) ids.push(jobId);
      else queues.set(queue, [jobId]);
    }
    return queues;
  }

  /** Answers may have been missed: everything is due now. */
  checkAll(): void {
    for (const job of this.jobs.values()) job.checkAt = 0;
  }

  private open(jobId: string, queue: string, expectation: Expectation): PendingJob {
    const pace = expectation === 'elsewhere' ? PACE_OF_LOOKING : PACE_OF_LOST_REPLIES;
    const checkAt = performance.now() + pace.firstMs;
    const job = { queue, isOwn: expectation === 'own', waiters: new Map(), pace, checkAt, checks: 0 };
    this.jobs.set(jobId, job);
    return job;
  }

  private take(jobId: string): Callbacks[] {
    const job = this.jobs.get(jobId);
    this.jobs.delete(jobId);
    const waiters = [...(job?.waiters.values() ?? [])];
    job?.waiters.clear();
    return waiters;
  }
}
