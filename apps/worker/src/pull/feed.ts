import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { messageOf } from '@sluice/contracts';
import { JobQueue } from '@sluice/job-queue';
import { leaseNotBefore } from '@sluice/scheduling';
import { Logger } from '@sluice/telemetry';
import { Staging } from '../buffer/staging.js';
import { Device } from '../execute/device.js';
import { ModelHost } from '../lifecycle/model-host.js';
import { Signal } from '../lifecycle/signal.js';
import { Puller } from './puller.js';
import { QueueRotation } from './queue-rotation.js';

/** New work wakes a waiting worker at once; this is the safety net for a wake-up that got lost. */
const POLL_MS = 1_000;
const AFTER_ERROR_MS = 500;

/**
 * The pulling loop: keeps the next batch staged, and leases no more than that.
 *
 * Modes: *full* (nothing fits: wait until the device takes the batch), *early* (the device is busy for longer than
 * leasing takes: wait, so that the jobs stay free for others and the batch grows), *pulling*, *listening* (the queues
 * are empty: wait for work). While a batch is being formed only its own queue is asked, and only its wake-ups are
 * taken: those of other queues belong to workers that can act on them.
 */
@Injectable()
export class Feed {
  private readonly changed = new Signal();
  private readonly rotation = new QueueRotation();
  private listening: { readonly queues: readonly string[]; readonly abort: AbortController } | undefined;
  private stopping = false;
  private running: Promise<void> | undefined;
  private onStaged = () => {};

  constructor(
    private readonly queue: JobQueue,
    private readonly puller: Puller,
    private readonly staging: Staging,
    private readonly device: Device,
    private readonly models: ModelHost,
    private readonly logger: Logger,
  ) {}

  start(onStaged: () => void): void {
    this.onStaged = onStaged;
    this.running ??= this.loop();
  }

  /** Nothing is leased after this resolves. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.changed.notify();
    this.listening?.abort.abort();
    await this.running;
  }

  /** The device took the batch, a model became ready: look again at what may be pulled. */
  lookAgain(): void {
    this.changed.notify();
    // A worker that listens to one queue shall hear of the others; a busy one leaves the wake-ups to those that are idle.
    const deaf = this.listening && this.misses(this.listening.queues);
    if (deaf || this.untilLateEnough() > 0) this.listening?.abort.abort();
  }

  private async loop(): Promise<void> {
    while (!this.stopping) {
      try {
        await this.step();
      } catch (error) {
        if (this.stopping) break;
        this.logger.warn({ reason: messageOf(error) }, 'pull_failed');
        await sleep(AFTER_ERROR_MS);
      }
    }
  }

  private async step(): Promise<void> {
    const queues = this.staging.queue === undefined ? this.rotation.order(this.models.queues()) : [this.staging.queue];
    if (this.staging.room === 0 || queues.length === 0) return this.changed.wait();
    const early = this.untilLateEnough();
    if (early > 0) return this.changed.wait(early);
    for (const queue of queues) {
      const jobs = await this.puller.pull(queue, this.staging.room);
      if (!jobs) continue;
      this.rotation.served(queue);
      this.staging.add(jobs);
      return this.onStaged();
    }
    return this.listen(queues);
  }

  /** Milliseconds until the next batch should be leased; at most 0 when that is now. */
  private untilLateEnough(): number {
    const { run } = this.device;
    return run ? leaseNotBefore(run, this.puller.leasingMs) - performance.now() : 0;
  }

  /** Whether there are queues beside these. */
  private misses(queues: readonly string[]): boolean {
    return this.models.queues().some((queue) => !queues.includes(queue));
  }

  private async listen(queues: readonly string[]): Promise<void> {
    // The batch may have been taken while we pulled.
    if (this.stopping || (this.misses(queues) && this.staging.queue === undefined)) return;
    const abort = new AbortController();
    this.listening = { queues, abort };
    try {
      await this.queue.waitForWork(queues, POLL_MS, abort.signal);
    } finally {
      this.listening = undefined;
    }
  }
}
