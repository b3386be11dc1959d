import { Injectable } from '@nestjs/common';
import { Cluster } from '@sluice/cluster';
import { messageOf } from '@sluice/contracts';
import { JobQueue, type Judge } from '@sluice/job-queue';
import { Logger } from '@sluice/telemetry';
import { ModelHost } from '../lifecycle/model-host.js';
import { WorkerIdentity } from '../lifecycle/worker-identity.js';

/** A lease or a presence of 3 s, and this: a dead worker's jobs run again within 5 s. */
const SWEEP_EVERY_MS = 1_000;

/** Recovery: every worker looks, every second, whether somebody in the queues that it knows has died or lost a lease. */
@Injectable()
export class Sweeper {
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> | undefined;

  constructor(
    private readonly queue: JobQueue,
    private readonly cluster: Cluster,
    private readonly models: ModelHost,
    private readonly identity: WorkerIdentity,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.timer ??= setInterval(() => {
      this.sweeping ??= this.sweep().finally(() => (this.sweeping = undefined));
    }, SWEEP_EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await this.sweeping;
  }

  private async sweep(): Promise<void> {
    try {
      const alive = new Set((await this.cluster.workers()).map(({ id }) => id)).add(this.identity.id);
      const judge: Judge = async (holder) =>
        alive.has(holder)
          ? { alive: true, running: [] }
          : { alive: false, running: await this.cluster.lastRun(holder) };
      for (const queue of this.models.knownQueues()) {
        for (const swept of await this.queue.sweep(queue, judge))
          this.logger.warn({ queue, ...swept }, 'job_recovered');
      }
      await this.queue.prune();
    } catch (error) {
      this.logger.warn({ reason: messageOf(error) }, 'sweep_failed');
    }
  }
}
