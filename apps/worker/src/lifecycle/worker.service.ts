import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Cluster, type WorkerReport } from '@sluice/cluster';
import { WorkerConfig } from '@sluice/config';
import { messageOf } from '@sluice/contracts';
import { JobQueue } from '@sluice/job-queue';
import { Logger } from '@sluice/telemetry';
import { Staging } from '../buffer/staging.js';
import { Drive } from '../execute/drive.js';
import { LeaseKeeper } from '../lease/lease-keeper.js';
import { Sweeper } from '../lease/sweeper.js';
import { Feed } from '../pull/feed.js';
import { StatisticsPublisher } from '../statistics/statistics-publisher.js';
import { ModelHost } from './model-host.js';
import { ModelReconciler } from './model-reconciler.js';
import { WorkerIdentity } from './worker-identity.js';

/**
 * The life of a worker: *starting* (models load, those that are ready already serve), *serving*, *draining* (nothing
 * more is leased, what has not started goes back, what runs is finished and answered), gone.
 */
@Injectable()
export class WorkerService implements OnApplicationBootstrap, OnApplicationShutdown {
  private state: WorkerReport['state'] = 'starting';
  private drained: Promise<void> | undefined;

  constructor(
    private readonly config: WorkerConfig,
    private readonly identity: WorkerIdentity,
    private readonly queue: JobQueue,
    private readonly cluster: Cluster,
    private readonly models: ModelHost,
    private readonly reconciler: ModelReconciler,
    private readonly leases: LeaseKeeper,
    private readonly sweeper: Sweeper,
    private readonly staging: Staging,
    private readonly feed: Feed,
    private readonly drive: Drive,
    private readonly statistics: StatisticsPublisher,
    private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { id } = this.identity;
    await Promise.all([this.queue.start(), this.cluster.start()]);
    await this.cluster.join(this.report());
    this.logger.info({ workerId: id, device: this.config.engine.device }, 'worker_joined');
    this.leases.start((lost) => void this.staging.remove(lost));
    this.sweeper.start();
    this.statistics.start();
    this.drive.start(
      () => this.feed.lookAgain(),
      (error) => this.giveUp(error),
    );
    this.feed.start(() => this.drive.staged.notify());
    await this.reconciler.start(() => this.modelsChanged());
    if (this.state === 'starting') this.state = 'serving';
    await this.cluster.update(this.report());
    this.logger.info({ workerId: id, models: this.models.queues().length }, 'worker_serving');
  }

  onApplicationShutdown(): Promise<void> {
    this.drained ??= this.drain();
    return this.drained;
  }

  private async drain(): Promise<void> {
    this.state = 'draining';
    const deadline = setTimeout(() => this.giveUp(new Error('the drain took too long')), this.config.drainMs);
    this.reconciler.stop();
    await this.cluster.update(this.report());
    await this.feed.stop();
    const unstarted = this.staging.remove().map(({ leased }) => leased.lease);
    await this.queue.release(unstarted);
    this.leases.drop(unstarted);
    await this.drive.stop();
    this.leases.stop();
    await this.sweeper.stop();
    await this.reconciler.settled();
    await this.statistics.stop();
    await this.cluster.stop();
    await this.queue.stop();
    await this.models.close();
    clearTimeout(deadline);
    this.logger.info({ workerId: this.identity.id, held: this.leases.size }, 'worker_drained');
  }

  private modelsChanged(): void {
    this.feed.lookAgain();
    this.cluster.update(this.report()).catch((error: unknown) => {
      this.logger.warn({ reason: messageOf(error) }, 'report_failed');
    });
  }

  /** Ends the process as a crash would: everything it holds goes back, and whoever supervises it starts another. */
  private giveUp(error: unknown): void {
    this.logger.fatal({ workerId: this.identity.id, reason: messageOf(error) }, 'worker_gives_up');
    // An orderly exit would abort: a thread that computes cannot be ended.
    process.kill(process.pid, 'SIGKILL');
  }

  private report(): WorkerReport {
    const { id, host, pid, startedAt } = this.identity;
    return {
      id,
      host,
      pid,
      device: this.config.engine.device,
      state: this.state,
      startedAt,
      models: this.models.report(),
      applied: this.reconciler.applied,
    };
  }
}
