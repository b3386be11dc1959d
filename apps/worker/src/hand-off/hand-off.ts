import { Injectable } from '@nestjs/common';
import { JobQueue } from '@sluice/job-queue';
import { Logger } from '@sluice/telemetry';
import { Lanes } from '../execute/lanes.js';
import { LeaseKeeper } from '../lease/lease-keeper.js';

/**
 * Why a worker leaves its work to others: it is loading a model that keeps the device from running, an operator paused
 * it, it is short of memory, or a run takes far longer than it should.
 */
export type HandOffReason = 'loading' | 'paused' | 'memory' | 'overdue';

/**
 * A worker that cannot start anything soon gives back what it has leased, and leases nothing until that is over. What
 * runs is finished and answered; nothing of it counts against a request.
 */
@Injectable()
export class HandOff {
  private readonly current = new Set<HandOffReason>();
  private onChange = () => {};

  constructor(
    private readonly queue: JobQueue,
    private readonly lanes: Lanes,
    private readonly leases: LeaseKeeper,
    private readonly logger: Logger,
  ) {}

  /** `onChange`: leasing is to stop, or may go on. */
  start(onChange: () => void): void {
    this.onChange = onChange;
  }

  get isActive(): boolean {
    return this.current.size > 0;
  }

  get reasons(): readonly HandOffReason[] {
    return [...this.current];
  }

  /** Begins, goes on or ends for a reason. */
  async set(reason: HandOffReason, holds: boolean): Promise<void> {
    if (this.current.has(reason) === holds) return;
    if (holds) this.current.add(reason);
    else this.current.delete(reason);
    this.logger.info({ reason, handOff: this.reasons }, holds ? 'hand_off' : 'hand_off_over');
    this.onChange();
    if (holds) await this.giveBack();
  }

  /** Also for what a lease that was on its way has brought. */
  async giveBack(): Promise<void> {
    const unstarted = this.lanes.forget();
    if (unstarted.length === 0) return;
    await this.queue.release(unstarted);
    this.leases.drop(unstarted);
    this.logger.info({ jobs: unstarted.length, handOff: this.reasons }, 'jobs_given_back');
  }
}
