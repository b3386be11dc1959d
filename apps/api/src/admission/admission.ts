import { Injectable } from '@nestjs/common';
import { SluiceError } from '@sluice/contracts';
import { JobQueue, type Backlog } from '@sluice/job-queue';
import { admit, predictedWaitMs, runningAverage } from '@sluice/scheduling';
import type { Fleet, QueueCost } from './fleet.js';
import { LoadWatch } from './load-watch.js';

/** A job that wants to join a queue. */
export interface Applicant {
  readonly queue: string;
  readonly payload: Uint8Array;
  readonly priority: number;
  /** Of a batch. */
  readonly rows: number;
  /** How long it may wait for a worker. */
  readonly timeoutMs: number;
  /** Its client waits, or named a deadline: it is refused at once when it would hardly be answered in time. */
  readonly mustBeInTime: boolean;
}

/** Weight of the newest job in the average size of the jobs of its queue. */
const ROWS_WEIGHT = 0.05;
const LONGEST_RETRY_MS = 60_000;

/**
 * Decides whether a job may join its queue, by what waits there and what the workers make of it (libs/scheduling has the
 * policy). Nobody is refused by a prediction as long as it is not known what the job costs, or who would run it.
 *
 * Everything it needs is there already: loads are read in the background, and the backlog is told as read a moment ago.
 * A refusal costs no more than that.
 */
@Injectable()
export class Admission {
  /** Mean rows of a job, by queue, of those that came in here. */
  private readonly rowsPerJob = new Map<string, number>();

  constructor(
    private readonly queue: JobQueue,
    private readonly loads: LoadWatch,
  ) {}

  /** @throws SluiceError deadline_unreachable: it could hardly be answered in time; redis_unavailable */
  async check({ queue, priority, rows, timeoutMs, mustBeInTime }: Applicant): Promise<void> {
    this.rowsPerJob.set(queue, runningAverage(this.rowsPerJob.get(queue), rows, ROWS_WEIGHT));
    const { fleet } = this.loads;
    const cost = fleet.costOf(queue);
    if (!mustBeInTime || !cost) return;
    const [backlog, others] = await this.backlogs(queue, priority, fleet);
    if (backlog.paused) return;
    const aheadRows = this.rows(queue, backlog.ahead);
    const waitMs = this.waitMs(queue, aheadRows, fleet, others);
    if (waitMs === undefined) return;
    const runMs = batchMs(cost, Math.max(rows, Math.min(cost.maxRows, aheadRows + rows)));
    const refusal = admit({ waitMs, runMs, timeoutMs });
    if (!refusal) return;
    const [wait, run] = [Math.ceil(waitMs), Math.ceil(runMs)];
    // What waits leaves a batch at a time, and the first of them only when the run in progress ends.
    const retryAfterMs = Math.min(LONGEST_RETRY_MS, refusal.retryAfterMs + run);
    throw new SluiceError(
      'deadline_unreachable',
      `the deadline of ${timeoutMs} ms could hardly be met: the request would wait about ${wait} ms and run ${run} ms; try again later, or allow more time`,
      { retryAfterMs },
    );
  }

  /**
   * When to try again at a queue that is full: when room for this job should have been made.
   * @returns the refusal, with that
   */
  async whenThereIsRoom(refusal: SluiceError, { queue, priority, payload }: Applicant): Promise<SluiceError> {
    const { fleet } = this.loads;
    const cost = fleet.costOf(queue);
    if (!cost) return refusal;
    const [{ waiting, bytes }, others] = await this.backlogs(queue, priority, fleet);
    const waitMs = this.waitMs(queue, this.rows(queue, waiting), fleet, others);
    if (waitMs === undefined || waiting === 0) return refusal;
    const part = Math.min(1, Math.max(1 / waiting, bytes > 0 ? payload.byteLength / bytes : 0));
    // Places are freed a batch at a time.
    const ms = Math.max(waitMs * part, batchMs(cost, cost.maxRows));
    const retryAfterMs = Math.min(LONGEST_RETRY_MS, Math.ceil(ms));
    return new SluiceError(refusal.code, refusal.message, { cause: refusal, retryAfterMs });
  }

  private async backlogs(queue: string, level: number, fleet: Fleet): Promise<[Backlog, Map<string, number>]> {
    const rivals = fleet.rivalsOf(queue);
    const [backlog, ...others] = await Promise.all([
      this.queue.backlog(queue, level),
      ...rivals.map((rival) => this.queue.backlog(rival, level)),
    ]);
    // Between queues age and deadline decide, not the level.
    const rows = rivals.map((rival, index) => [rival, this.rowsOf(rival, others[index]!)] as const);
    return [backlog, new Map(rows.filter(([, waiting]) => waiting > 0))];
  }

  private waitMs(
    queue: string,
    aheadRows: number,
    fleet: Fleet,
    others: ReadonlyMap<string, number>,
  ): number | undefined {
    const rows = [[queue, aheadRows] as const, ...others];
    const queues = rows.map(([name, waitingRows]) => {
      const cost = fleet.costOf(name);
      return [name, { waitingRows, cost, maxRows: cost?.maxRows ?? 1 }] as const;
    });
    return predictedWaitMs(queue, { workers: fleet.workers, queues: new Map(queues) });
  }

  private rowsOf(queue: string, { waiting, paused }: Backlog): number {
    return paused ? 0 : this.rows(queue, waiting);
  }

  private rows(queue: string, jobs: number): number {
    return Math.ceil(jobs * (this.rowsPerJob.get(queue) ?? 1));
  }
}

function batchMs({ fixedMs, perRowMs }: QueueCost, rows: number): number {
  return fixedMs + perRowMs * rows;
}
