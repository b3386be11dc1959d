import { Injectable } from '@nestjs/common';
import { queueOwner } from '@sluice/contracts';
import { JobQueue } from '@sluice/job-queue';
import { Logger } from '@sluice/telemetry';
import { Lanes } from '../execute/lanes.js';
import { LeaseKeeper } from '../lease/lease-keeper.js';
import { ModelHost } from '../lifecycle/model-host.js';
import { WorkerIdentity } from '../lifecycle/worker-identity.js';

/**
 * Why a worker leaves its work to others: it is loading a model that keeps the device from running, an operator paused
 * it, it is short of memory, or a run takes far longer than it should.
 */
export type HandOffReason = 'loading' | 'paused' | 'memory' | 'overdue';

export interface HandOffEvents {
  /** Leasing may go on. */
  readonly onOver: () => void;
  /** Leasing is to stop. Resolves when this worker takes no wake-up any more that another could use. */
  readonly stopLeasing: () => Promise<void>;
  /** Resolves when the others can know. Never rejects. */
  readonly tell: () => Promise<void>;
}

/**
 * A worker that cannot start anything soon gives back what it has leased, and leases nothing until that is over. What
 * runs is finished and answered; nothing of it counts against a request.
 *
 * A job that comes back to a queue for all wakes one of those who listen there, which must not be this worker. To its own
 * queues nobody else listens: they are offered, once the others can see that they are not served.
 */
@Injectable()
export class HandOff {
  private readonly current = new Set<HandOffReason>();
  private events: HandOffEvents = { onOver: () => {}, stopLeasing: async () => {}, tell: async () => {} };

  constructor(
    private readonly queue: JobQueue,
    private readonly lanes: Lanes,
    private readonly leases: LeaseKeeper,
    private readonly models: ModelHost,
    private readonly identity: WorkerIdentity,
    private readonly logger: Logger,
  ) {}

  start(events: HandOffEvents): void {
    this.events = events;
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
    if (holds) await this.leave();
    else await this.takeUp();
  }

  /** What a lease has brought that was on its way when it began. */
  async giveBackLate(): Promise<void> {
    await this.giveBack();
    await this.offer();
  }

  private async leave(): Promise<void> {
    await this.events.stopLeasing();
    await this.giveBack();
    await this.events.tell();
    await this.offer();
  }

  private takeUp(): Promise<void> {
    if (!this.isActive) this.events.onOver();
    return this.events.tell();
  }

  private async giveBack(): Promise<void> {
    const unstarted = this.lanes.forget();
    if (unstarted.length === 0) return;
    await this.queue.release(unstarted);
    this.leases.drop(unstarted);
    this.logger.info({ jobs: unstarted.length, handOff: this.reasons }, 'jobs_given_back');
  }

  private async offer(): Promise<void> {
    const queues = this.models.hostedModels().flatMap((model) => model.queues);
    const own = queues.filter((queue) => queueOwner(queue) === this.identity.id);
    await Promise.all(own.map((queue) => this.queue.offer(queue)));
  }
}
