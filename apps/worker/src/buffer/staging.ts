import type { BufferPool } from '../batch/buffer-pool.js';
import { OpenBatch } from '../batch/open-batch.js';
import type { StagedJob } from './staged-job.js';

/**
 * What this worker has leased and not started: one batch that is being formed, and behind it what could not join it
 * (another signature, no room). Bounded by what is leased: nothing more is leased while a remainder is held.
 */
export class Staging {
  private open: OpenBatch | undefined;
  private remainder: StagedJob[] = [];

  constructor(private readonly pool: BufferPool) {}

  /** Rows that a further lease may bring; `all` when nothing is staged, so that any queue may be asked. */
  get room(): number | 'all' {
    if (!this.open) return 'all';
    return this.remainder.length > 0 ? 0 : this.open.room;
  }

  /** The only queue whose jobs can join the batch that is being formed. */
  get queue(): string | undefined {
    return this.open?.model.queue;
  }

  add(jobs: readonly StagedJob[]): void {
    for (const job of jobs) {
      if (!this.open) this.open = new OpenBatch(this.pool, job);
      else if (this.remainder.length === 0 && this.open.accepts(job)) this.open.add(job);
      else this.remainder.push(job);
    }
  }

  /** The next batch to run; what is behind it moves up. */
  take(): OpenBatch | undefined {
    const batch = this.open;
    this.open = undefined;
    const waiting = this.remainder;
    this.remainder = [];
    this.add(waiting);
    return batch;
  }

  /**
   * Forgets the jobs whose leases are given by id (lost), or all of them, and holds their models no longer.
   * @returns what it forgot
   */
  remove(jobIds?: ReadonlySet<string>): StagedJob[] {
    const all = [...(this.open?.jobs ?? []), ...this.remainder];
    this.open?.discard();
    this.open = undefined;
    this.remainder = [];
    const forgotten = jobIds ? all.filter(({ leased }) => jobIds.has(leased.lease.jobId)) : all;
    this.add(jobIds ? all.filter(({ leased }) => !jobIds.has(leased.lease.jobId)) : []);
    for (const { model } of forgotten) model.holds.drop();
    return forgotten;
  }
}
