import { Injectable } from '@nestjs/common';
import { messageOf } from '@sluice/contracts';
import { Logger } from '@sluice/telemetry';
import { Staging } from '../buffer/staging.js';
import { Signal } from '../lifecycle/signal.js';
import { Settler } from '../settle/settler.js';
import { StatisticsCollector } from '../statistics/statistics-collector.js';
import { Device } from './device.js';
import { Executor, type BatchRun } from './executor.js';

/** Batches that have run and are not settled yet; beyond it the device waits, so that what is held stays bounded. */
const MAX_UNSETTLED = 4;

/**
 * The device's loop: take the batch that is staged, run it, hand it to be settled, take the next.
 *
 * Between two runs nothing happens but the taking of the next batch: unpacking, settling and replying of the last one
 * go on while it runs. A batch is never held back while the device is free.
 */
@Injectable()
export class Drive {
  /** Something was staged. */
  readonly staged = new Signal();
  private readonly unsettled = new Set<Promise<void>>();
  private stopping = false;
  private running: Promise<void> | undefined;
  private onTaken = () => {};
  private onEngineGone: (error: unknown) => void = () => {};

  constructor(
    private readonly staging: Staging,
    private readonly device: Device,
    private readonly executor: Executor,
    private readonly settler: Settler,
    private readonly statistics: StatisticsCollector,
    private readonly logger: Logger,
  ) {}

  /** `onTaken`: there is room to stage more. `onEngineGone`: this process cannot run anything any more. */
  start(onTaken: () => void, onEngineGone: (error: unknown) => void): void {
    this.onTaken = onTaken;
    this.onEngineGone = onEngineGone;
    this.running ??= this.loop();
  }

  /** Finishes and settles the batch that is running. What is staged stays there. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.staged.notify();
    await this.running;
    await Promise.all(this.unsettled);
  }

  private async loop(): Promise<void> {
    while (!this.stopping) {
      const ran = await this.runNext();
      if (!ran) await this.staged.wait();
      else if (this.unsettled.size >= MAX_UNSETTLED) await Promise.race(this.unsettled);
    }
  }

  private async runNext(): Promise<boolean> {
    const ran = await this.device.hold(async (run) => {
      const batch = this.stopping ? undefined : this.staging.take();
      if (!batch) return undefined;
      const running = this.executor.run(batch, run);
      this.onTaken();
      return running;
    });
    if (ran) this.settleLater(ran);
    return ran !== undefined;
  }

  private settleLater(ran: BatchRun): void {
    const settling = new Promise<void>((resolve) => {
      // After the loop has put the next batch on the device.
      setImmediate(() => resolve(this.settle(ran)));
    });
    this.unsettled.add(settling);
    void settling.finally(() => this.unsettled.delete(settling));
  }

  private async settle(ran: BatchRun): Promise<void> {
    const { jobs, model } = ran.batch;
    try {
      const endings = await this.executor.endings(ran).catch((error: unknown) => {
        this.onEngineGone(error);
        throw error;
      });
      const settled = await this.settler.settle(jobs.map(({ leased }, index) => [leased, endings[index]!.outcome]));
      const ended = jobs.map((job, index) => ({ job, ...endings[index]! }));
      // What somebody else ends is counted there.
      this.statistics.ended(
        model.ref,
        ended.filter((_, index) => settled[index] === 'settled'),
      );
    } catch (error) {
      // The leases lapse, and the jobs run elsewhere.
      this.logger.error({ ...model.ref, jobs: jobs.length, reason: messageOf(error) }, 'batch_lost');
    } finally {
      for (const { model: held } of jobs) held.holds.drop();
    }
  }
}
