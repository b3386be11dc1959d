import { SluiceError, type ErrorBody } from '@sluice/contracts';

interface PendingJob {
  readonly queue: string;
  readonly resolve: (result: Uint8Array) => void;
  readonly reject: (error: SluiceError) => void;
  /** When to look for the result ourselves; later each time. */
  checkAt: number;
  checks: number;
}

const FIRST_CHECK_MS = 1_000;
const MAX_CHECK_MS = 5_000;

/** The jobs whose clients this process holds on the line. Each ends once, by whichever answer comes first. */
export class PendingJobs {
  private readonly jobs = new Map<string, PendingJob>();

  get size(): number {
    return this.jobs.size;
  }

  /** Resolves with the job's result; rejects with its error. Registered before the job is enqueued: answers are fast. */
  add(jobId: string, queue: string): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.jobs.set(jobId, { queue, resolve, reject, checkAt: performance.now() + FIRST_CHECK_MS, checks: 0 });
    });
  }

  complete(jobId: string, result: Uint8Array): void {
    this.take(jobId)?.resolve(result);
  }

  fail(jobId: string, error: ErrorBody | SluiceError): void {
    this.take(jobId)?.reject(error instanceof SluiceError ? error : SluiceError.from(error));
  }

  has(jobId: string): boolean {
    return this.jobs.has(jobId);
  }

  /** Ids and queues of all of them. */
  all(): [jobId: string, queue: string][] {
    return [...this.jobs].map(([jobId, { queue }]) => [jobId, queue]);
  }

  /** Up to `max` jobs that have waited long enough for a look, by queue. */
  due(max: number): Map<string, string[]> {
    const now = performance.now();
    const due = new Map<string, string[]>();
    let left = max;
    for (const [jobId, job] of this.jobs) {
      if (left === 0) break;
      if (job.checkAt > now) continue;
      left--;
      job.checks++;
      job.checkAt = now + Math.min(MAX_CHECK_MS, FIRST_CHECK_MS * 2 ** job.checks);
      const ids = due.get(job.queue);
      if (ids) ids.push(jobId);
      else due.set(job.queue, [jobId]);
    }
    return due;
  }

  /** Answers may have been missed: everything is due now. */
  checkAll(): void {
    for (const job of this.jobs.values()) job.checkAt = 0;
  }

  private take(jobId: string): PendingJob | undefined {
    const job = this.jobs.get(jobId);
    this.jobs.delete(jobId);
    return job;
  }
}
