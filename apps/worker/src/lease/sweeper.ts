import { Injectable } from '@nestjs/common';
import { Clock, type Timer } from '@sluice/clock';
import { Cluster } from '@sluice/cluster';
import { WorkerConfig } from '@sluice/config';
import { messageOf, MODEL_UPDATE_QUEUE, queueOwner, sharedQueue, workerUpdateQueue } from '@sluice/contracts';
import { JobQueue, type Judge } from '@sluice/job-queue';
import { Logger } from '@sluice/telemetry';
import { ModelHost } from '../lifecycle/model-host.js';
import { Peers } from '../lifecycle/peers.js';
import { WorkerIdentity } from '../lifecycle/worker-identity.js';

/** A lease or a presence of 3 s, and this: a dead worker's jobs run again within 5 s. */
const SWEEP_EVERY_MS = 1_000;
/** A queue that has no owner twice in a row is removed. */
const ORPHANS_EVERY_MS = 30_000;

/** Recovery: every worker looks, every second, whether somebody in the queues that it knows has died or lost a lease. */
@Injectable()
export class Sweeper {
  private timer: Timer | undefined;
  /** Queues without an owner when they were sought last. */
  private orphans: ReadonlySet<string> = new Set();
  private orphansSoughtAt = -Infinity;
  private sweeping: Promise<void> | undefined;

  constructor(
    private readonly queue: JobQueue,
    private readonly cluster: Cluster,
    private readonly peers: Peers,
    private readonly models: ModelHost,
    private readonly identity: WorkerIdentity,
    private readonly config: WorkerConfig,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.timer ??= this.clock.every(SWEEP_EVERY_MS, () => {
      this.sweeping ??= this.sweep().finally(() => (this.sweeping = undefined));
    });
  }

  async stop(): Promise<void> {
    this.timer?.cancel();
    this.timer = undefined;
    await this.sweeping;
  }

  private async sweep(): Promise<void> {
    try {
      await this.peers.look();
      const { alive } = this.peers;
      const judge: Judge = async (holder) =>
        alive.has(holder)
          ? { alive: true, running: [] }
          : { alive: false, running: await this.cluster.lastRun(holder) };
      for (const queue of this.queues()) {
        for (const swept of await this.queue.sweep(queue, judge))
          this.logger.warn({ queue, ...swept }, 'job_recovered');
        await this.queue.raise(queue, this.config.scheduling.raiseAfterMs);
      }
      await this.queue.prune();
      await this.discardOrphans(alive);
    } catch (error) {
      this.logger.warn({ reason: messageOf(error) }, 'sweep_failed');
    }
  }

  /** Those of all versions that this worker knows, shared and anybody's own, and those of updates. */
  private queues(): string[] {
    const known = this.models.knownQueues();
    const own = this.peers.ownQueues.filter((queue) => known.includes(sharedQueue(queue)));
    return [...known, ...own, MODEL_UPDATE_QUEUE, workerUpdateQueue(this.identity.id)];
  }

  /**
   * Own queues of workers that are gone, and stay gone: a worker that was cut off may be back in a moment. Requests in
   * them are taken by others first, and what came of them is kept for its time.
   */
  private async discardOrphans(alive: ReadonlySet<string>): Promise<void> {
    const now = this.clock.now();
    if (now - this.orphansSoughtAt < ORPHANS_EVERY_MS) return;
    this.orphansSoughtAt = now;
    const orphans = this.peers.ownQueues.filter((queue) => {
      const owner = queueOwner(queue);
      return owner !== undefined && !alive.has(owner);
    });
    for (const queue of orphans) {
      if (!this.orphans.has(queue) || (await this.holdsRequests(queue))) continue;
      await this.queue.removeQueue(queue);
      this.logger.info({ queue }, 'queue_removed');
    }
    this.orphans = new Set(orphans);
  }

  private async holdsRequests(queue: string): Promise<boolean> {
    if (sharedQueue(queue) === MODEL_UPDATE_QUEUE) return false;
    const { waiting, active, completed, failed } = await this.queue.counts(queue);
    return waiting + active + completed + failed > 0;
  }
}
