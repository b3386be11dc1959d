import { Injectable } from '@nestjs/common';
import { Clock } from '@sluice/clock';
import { messageOf } from '@sluice/contracts';
import { JobQueue } from '@sluice/job-queue';
import { leaseNotBefore, orderQueues } from '@sluice/scheduling';
import { Logger } from '@sluice/telemetry';
import { DeviceLoop } from '../execute/device-loop.js';
import type { InferenceLane } from '../execute/inference-lane.js';
import { Lanes } from '../execute/lanes.js';
import { ModelHost } from '../lifecycle/model-host.js';
import { Signal } from '../lifecycle/signal.js';
import { UpdateIntake } from '../update/update-intake.js';
import { Puller } from './puller.js';

/** New work wakes a waiting worker at once; this is the safety net for a wake-up that got lost. */
const POLL_MS = 1_000;
const AFTER_ERROR_MS = 500;
/** A busy worker hears no wake-ups: it looks for an update this often. */
const UPDATE_LOOK_MS = 100;
/** A queue whose head has waited this long goes before those whose deadlines are nearer. */
const PASS_OVER_MS = 1_000;

/**
 * The pulling loop: keeps the next batch of each class staged, and leases no more than that.
 *
 * Modes: *full* (nothing fits: wait until the device takes a batch), *early* (the device is busy for longer than leasing
 * takes: wait, so that the jobs stay free for others and the batch grows), *pulling*, *listening* (the queues are empty:
 * wait for work). While a batch is being formed only its own queue is asked for its class.
 */
@Injectable()
export class Feed {
  private readonly changed: Signal;
  private listening: { readonly queues: readonly string[]; readonly abort: AbortController } | undefined;
  /** The queue whose wake-up we took: it is asked first. */
  private woken: string | undefined;
  private lookedForUpdateAt = -Infinity;
  private stopping = false;
  private running: Promise<void> | undefined;

  constructor(
    private readonly queue: JobQueue,
    private readonly puller: Puller,
    private readonly lanes: Lanes,
    private readonly updates: UpdateIntake,
    private readonly device: DeviceLoop,
    private readonly models: ModelHost,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.changed = new Signal(clock);
  }

  /** The device is idle, and nothing was found for it yet. */
  get isSearching(): boolean {
    return this.running !== undefined && !this.listening && !this.device.turn && this.lanes.leasedNotStarted === 0;
  }

  start(): void {
    this.running ??= this.loop();
  }

  /** Nothing is leased after this resolves. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.changed.notify();
    this.listening?.abort.abort();
    await this.running;
  }

  /** The device took a batch, a model became ready: look again at what may be pulled. */
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
        await this.clock.sleep(AFTER_ERROR_MS);
      }
    }
  }

  private async step(): Promise<void> {
    await this.lookForUpdate();
    const wanted = this.wanted();
    if (wanted.size === 0) return this.changed.wait(this.updates.hasRoom ? UPDATE_LOOK_MS : undefined);
    const early = this.untilLateEnough();
    if (early > 0) return this.changed.wait(early);
    for (const queue of await this.order([...wanted.keys()])) {
      const lane = wanted.get(queue);
      const jobs = lane && (await this.puller.pull(queue, lane.staging.room));
      if (jobs) return lane.stage(jobs);
    }
    return this.listen([...wanted.keys()]);
  }

  /** The queues whose jobs there is room for, and the lane that has it. */
  private wanted(): Map<string, InferenceLane> {
    const wanted = new Map<string, InferenceLane>();
    for (const lane of this.lanes.inference) {
      const { room, queue } = lane.staging;
      if (room === 0) continue;
      const queues = queue === undefined ? this.models.queues(lane.shareClass) : [queue];
      for (const each of queues) wanted.set(each, lane);
    }
    return wanted;
  }

  private async order(queues: readonly string[]): Promise<readonly string[]> {
    const { woken } = this;
    this.woken = undefined;
    if (woken !== undefined && queues.includes(woken)) return [woken];
    if (queues.length === 1) return queues;
    return orderQueues(await this.queue.heads(queues), this.queue.now(), { passOverMs: PASS_OVER_MS });
  }

  private async lookForUpdate(): Promise<void> {
    const now = this.clock.now();
    const due = this.woken === this.updates.queue || now - this.lookedForUpdateAt >= UPDATE_LOOK_MS;
    if (!this.updates.hasRoom || !due) return;
    // Where one was there may be more: as soon as this one is done.
    this.lookedForUpdateAt = (await this.updates.pull()) ? -Infinity : now;
  }

  /** Milliseconds until the next batch should be leased; at most 0 when that is now. */
  private untilLateEnough(): number {
    const { turn } = this.device;
    return turn ? leaseNotBefore(turn, this.puller.leasingMs) - this.clock.now() : 0;
  }

  /** Whether there are queues to listen to beside these. */
  private misses(queues: readonly string[]): boolean {
    return this.audible([...this.wanted().keys()]).some((queue) => !queues.includes(queue));
  }

  /** With the queue of updates, while there is room for one. */
  private audible(queues: readonly string[]): readonly string[] {
    return this.updates.hasRoom ? [...queues, this.updates.queue] : queues;
  }

  private async listen(wanted: readonly string[]): Promise<void> {
    const queues = this.audible(wanted);
    // A batch may have been taken while we pulled.
    if (this.stopping || this.misses(queues)) return;
    const abort = new AbortController();
    this.listening = { queues, abort };
    try {
      this.woken = await this.queue.waitForWork(queues, POLL_MS, abort.signal);
    } finally {
      this.listening = undefined;
    }
  }
}
