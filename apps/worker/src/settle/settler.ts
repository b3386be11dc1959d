import { Injectable } from '@nestjs/common';
import { JobQueue, type DroppedJob, type LeasedJob, type Outcome, type SettleOutcome } from '@sluice/job-queue';
import { Logger } from '@sluice/telemetry';
import { LeaseKeeper } from '../lease/lease-keeper.js';

/** The end of a job. The queue answers those whose settle held: a holder that lost its lease stays silent. */
@Injectable()
export class Settler {
  constructor(
    private readonly queue: JobQueue,
    private readonly leases: LeaseKeeper,
    private readonly logger: Logger,
  ) {}

  /** @returns for each, in order, whether its settle held */
  async settle(ended: readonly (readonly [LeasedJob, Outcome])[]): Promise<SettleOutcome[]> {
    // Whatever comes of it, nothing is held any more: what could not be settled lapses, and runs again.
    const settled = await this.queue
      .settle(ended.map(([{ lease }, outcome]) => ({ lease, outcome })))
      .finally(() => this.leases.drop(ended.map(([{ lease }]) => lease)));
    for (const [index, [{ lease }]] of ended.entries()) {
      if (settled[index] === 'settled') continue;
      this.logger.warn({ jobId: lease.jobId, attempt: lease.attempt }, 'settle_lost');
    }
    return settled;
  }

  /** Jobs that the queue has ended, and answered, by itself. */
  noteDropped(dropped: readonly DroppedJob[]): void {
    for (const { jobId, error } of dropped) this.logger.info({ jobId, code: error.code }, 'job_dropped');
  }
}
