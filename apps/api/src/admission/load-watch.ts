import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Cluster, type WorkerLoad } from '@sluice/cluster';
import { messageOf } from '@sluice/contracts';
import { JobQueue } from '@sluice/job-queue';
import { Logger } from '@sluice/telemetry';
import { ModelCatalogue } from '../models/model-catalogue.js';
import { Fleet } from './fleet.js';

/** Workers tell about twice a second. */
const LOOK_EVERY_MS = 250;
/** Whoever has told nothing for so long is stuck, or gone. */
const FRESH_MS = 3_000;

/** What the workers do, as they told a moment ago: read in the background, so that no request waits for it. */
@Injectable()
export class LoadWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  private latest: readonly WorkerLoad[] = [];
  private known = Fleet.UNKNOWN;
  private lookedAt = -Infinity;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;

  constructor(
    private readonly cluster: Cluster,
    private readonly queue: JobQueue,
    private readonly catalogue: ModelCatalogue,
    private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.cluster.start();
    this.timer = setInterval(() => {
      this.looking ??= this.look().finally(() => (this.looking = undefined));
    }, LOOK_EVERY_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  /** Of every worker alive what it told last, however long ago. */
  get loads(): readonly WorkerLoad[] {
    return this.latest;
  }

  /** Whether a worker has told that it leaves its work to others. */
  handsOff(workerId: string): boolean {
    return this.latest.some((load) => load.workerId === workerId && load.handOff.length > 0);
  }

  /** Unknown when nothing could be read of late. */
  get fleet(): Fleet {
    return performance.now() - this.lookedAt < FRESH_MS ? this.known : Fleet.UNKNOWN;
  }

  /** Never rejects. */
  async look(): Promise<void> {
    try {
      this.latest = await this.cluster.loads();
      const now = this.queue.now();
      const fresh = this.latest.filter(({ at }) => now - at < FRESH_MS);
      this.known = new Fleet(this.catalogue.workers, fresh);
      this.lookedAt = performance.now();
    } catch (error) {
      this.logger.warn({ reason: messageOf(error) }, 'loads_unread');
    }
  }
}
