import { earliestDeadlineFirst, holdUntil, requestsInTime } from '@sluice/scheduling';
import type { BufferPool } from '../batch/buffer-pool.js';
import { OpenBatch } from '../batch/open-batch.js';
import type { StagedJob } from './staged-job.js';

/** What was staged until the device became free. */
export interface Taken {
  /** The next batch to run; undefined when all that was staged has expired. */
  readonly batch: OpenBatch | undefined;
  /** Requests whose deadline has passed: they are not to cost device time. */
  readonly expired: readonly StagedJob[];
}

/**
 * What this worker has leased for one class and not started: one batch that is being formed, and behind it what could
 * not join it (another signature, no room, a deadline that a larger batch would break). Bounded by what is leased:
 * nothing more is leased while a remainder is held.
 */
export class Staging {
  private open: OpenBatch | undefined;
  private remainder: StagedJob[] = [];

  constructor(private readonly pool: BufferPool) {}

  /** Jobs that are held and have not started. */
  get size(): number {
    return (this.open?.jobs.length ?? 0) + this.remainder.length;
  }

  /** Rows that a further lease may bring; `all` when nothing is staged, so that any queue may be asked. */
  get room(): number | 'all' {
    if (!this.open) return 'all';
    return this.remainder.length > 0 ? 0 : this.open.room;
  }

  /** The only queues whose jobs can join the batch that is being formed. */
  get queues(): readonly string[] | undefined {
    return this.open?.model.queues;
  }

  /** When the batch may start: now, unless its model is configured to wait for more rows. By the worker's clock. */
  startAt(now: number): number {
    if (!this.open) return Infinity;
    const { rows, maxRows, model, oldestAt } = this.open;
    // A remainder shows that no more rows can join.
    if (this.remainder.length > 0) return now;
    return holdUntil({ now, oldestAt, rows, maxRows, ...model.holding });
  }

  /** How long the batch will run, in ms; undefined when that is not known. */
  expectedMs(): number | undefined {
    return this.open && predictor(this.open)(this.open.rows);
  }

  add(jobs: readonly StagedJob[]): void {
    this.append(earliestDeadlineFirst(jobs));
  }

  /** @param now by the queue's clock, as deadlines are */
  take(now: number): Taken {
    const expired = this.takeOut((job) => job.expiresAt <= now);
    if (this.open) this.shrinkInTime(this.open, now);
    const batch = this.open;
    this.open = undefined;
    this.append(this.remainder.splice(0));
    return { batch, expired };
  }

  /**
   * Forgets the jobs whose leases are given by id (lost), or all of them, and holds their models no longer.
   * @returns what it forgot
   */
  remove(jobIds?: ReadonlySet<string>): StagedJob[] {
    const forgotten = this.takeOut(({ leased }) => jobIds?.has(leased.lease.jobId) ?? true);
    for (const { model } of forgotten) model.holds.drop();
    return forgotten;
  }

  private takeOut(leaves: (job: StagedJob) => boolean): StagedJob[] {
    const all = [...(this.open?.jobs ?? []), ...this.remainder];
    const out = all.filter(leaves);
    if (out.length > 0) this.restage(all.filter((job) => !leaves(job)));
    return out;
  }

  /** What would make the head late stays behind, for the next batch. */
  private shrinkInTime(open: OpenBatch, now: number): void {
    const { jobs } = open;
    const count = requestsInTime(jobs, now, predictor(open));
    if (count === jobs.length) return;
    const behind = [...jobs.slice(count), ...this.remainder];
    this.restage(jobs.slice(0, count));
    this.remainder = behind;
  }

  private restage(jobs: readonly StagedJob[]): void {
    this.open?.discard();
    this.open = undefined;
    this.remainder = [];
    this.append(jobs);
  }

  private append(jobs: readonly StagedJob[]): void {
    for (const job of jobs) {
      if (!this.open) this.open = new OpenBatch(this.pool, job);
      else if (this.remainder.length === 0 && this.open.accepts(job)) this.open.add(job);
      else this.remainder.push(job);
    }
  }
}

function predictor({ model, bucket }: OpenBatch): (rows: number) => number | undefined {
  const cost = model.costs.of(bucket);
  return (rows) => cost.predict(rows);
}
