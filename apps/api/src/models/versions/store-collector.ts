import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Clock, type Timer } from '@sluice/clock';
import { messageOf } from '@sluice/contracts';
import { RolloutBook } from '@sluice/model-registry';
import { ContentStore } from '@sluice/model-store';
import { Logger } from '@sluice/telemetry';

const EVERY_MS = 10 * 60 * 1000;
/** An upload puts its files before its manifest, and a rollout its golden set before its record: well before. */
const GRACE_MS = 6 * 60 * 60 * 1000;

/** Removes from the content store what no version and no rollout needs. Every API does; they do not disturb each other. */
@Injectable()
export class StoreCollector implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: Timer | undefined;
  private collecting: Promise<void> | undefined;

  constructor(
    private readonly store: ContentStore,
    private readonly rollouts: RolloutBook,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = this.clock.every(EVERY_MS, () => {
      this.collecting ??= this.collect().finally(() => (this.collecting = undefined));
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.timer?.cancel();
    await this.collecting;
  }

  /** Never rejects. Nothing is removed while it is not known what rollouts need. */
  async collect(): Promise<void> {
    try {
      const active = await this.rollouts.active();
      const keep = new Set(active.flatMap(({ strategy }) => strategy.golden?.digest ?? []));
      const { blobs, leftovers } = await this.store.collect({ graceMs: GRACE_MS, keep });
      if (blobs.length + leftovers > 0) this.logger.info({ blobs: blobs.length, leftovers }, 'store_collected');
    } catch (error) {
      this.logger.warn({ reason: messageOf(error) }, 'store_uncollected');
    }
  }
}
