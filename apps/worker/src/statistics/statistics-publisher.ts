import { Injectable } from '@nestjs/common';
import { Clock, type Timer } from '@sluice/clock';
import { Cluster, type ModelStatistics } from '@sluice/cluster';
import { messageOf } from '@sluice/contracts';
import { Logger } from '@sluice/telemetry';
import { WorkerIdentity } from '../lifecycle/worker-identity.js';
import { StatisticsCollector } from './statistics-collector.js';

const PUBLISH_EVERY_MS = 1_000;

/**
 * Adds the counts of this worker to the cluster's about once a second. Counts that may or may not have arrived are sent
 * again under their number before newer ones, so that nothing counts twice. A worker that is killed takes with it what
 * it has counted since it last published.
 */
@Injectable()
export class StatisticsPublisher {
  private sequence = 0;
  private unconfirmed: readonly ModelStatistics[] | undefined;
  private timer: Timer | undefined;
  private publishing: Promise<void> | undefined;

  constructor(
    private readonly collector: StatisticsCollector,
    private readonly cluster: Cluster,
    private readonly identity: WorkerIdentity,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.timer ??= this.clock.every(PUBLISH_EVERY_MS, () => {
      this.publishing ??= this.publish().finally(() => (this.publishing = undefined));
    });
  }

  /** Publishes what is left. */
  async stop(): Promise<void> {
    this.timer?.cancel();
    this.timer = undefined;
    await this.publishing;
    await this.publish();
  }

  private async publish(): Promise<void> {
    try {
      if (this.unconfirmed) await this.send(this.unconfirmed);
      const counted = this.collector.take();
      if (counted.length === 0) return;
      this.sequence++;
      await this.send(counted);
    } catch (error) {
      this.logger.warn({ reason: messageOf(error) }, 'statistics_unpublished');
    }
  }

  private async send(counted: readonly ModelStatistics[]): Promise<void> {
    this.unconfirmed = counted;
    await this.cluster.addStatistics(this.identity.id, this.sequence, counted);
    this.unconfirmed = undefined;
  }
}
