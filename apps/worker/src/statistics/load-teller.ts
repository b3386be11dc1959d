import { Injectable } from '@nestjs/common';
import { Clock, type Timer } from '@sluice/clock';
import { Cluster } from '@sluice/cluster';
import { messageOf } from '@sluice/contracts';
import { EventLoopGap, Logger } from '@sluice/telemetry';
import { LoadReader } from './load-reader.js';

const TELL_EVERY_MS = 500;

/** Tells the others what this worker does, about twice a second: admission and `GET /cluster` count on it. */
@Injectable()
export class LoadTeller {
  private gap: EventLoopGap | undefined;
  private timer: Timer | undefined;
  private telling: Promise<void> | undefined;

  constructor(
    private readonly reader: LoadReader,
    private readonly cluster: Cluster,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.gap ??= new EventLoopGap();
    this.timer ??= this.clock.every(TELL_EVERY_MS, () => {
      // One that is on its way will be older than the next.
      void (this.telling ??= this.beginTelling());
    });
  }

  /** Resolves when the others can know what is so now. Never rejects. */
  async tellNow(): Promise<void> {
    // That may have been read before.
    await this.telling;
    await (this.telling ??= this.beginTelling());
  }

  /** Nothing is told after this resolves. */
  async stop(): Promise<void> {
    this.timer?.cancel();
    this.timer = undefined;
    this.gap?.stop();
    this.gap = undefined;
    await this.telling;
  }

  private beginTelling(): Promise<void> {
    return this.tell().finally(() => (this.telling = undefined));
  }

  private async tell(): Promise<void> {
    try {
      await this.cluster.tellLoad(this.reader.read(this.gap?.take() ?? 0));
    } catch (error) {
      this.logger.warn({ reason: messageOf(error) }, 'load_untold');
    }
  }
}
