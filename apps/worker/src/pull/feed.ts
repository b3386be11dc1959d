import { Injectable } from '@nestjs/common';
import { Clock } from '@sluice/clock';
import { messageOf, queueOwner } from '@sluice/contracts';
import { JobQueue } from '@sluice/job-queue';
import { ignoresLocality, leaseNotBefore, orderQueues } from '@sluice/scheduling';
import { Logger } from '@sluice/telemetry';
import type { StagedJob } from '../buffer/staged-job.js';
import { DeviceLoop } from '../execute/device-loop.js';
import type { InferenceLane } from '../execute/inference-lane.js';
import { Lanes } from '../execute/lanes.js';
import { HandOff } from '../hand-off/hand-off.js';
import { ModelHost } from '../lifecycle/model-host.js';
import { Peers } from '../lifecycle/peers.js';
import { Signal } from '../lifecycle/signal.js';
import { WorkerIdentity } from '../lifecycle/worker-identity.js';
import { Thief } from '../steal/thief.js';
import { UpdateIntake } from '../update/update-intake.js';
import { Puller } from './puller.js';

/** New work wakes a waiting worker at once; this is the safety net for a wake-up that got lost. */
const POLL_MS = 1_000;
const AFTER_ERROR_MS = 500;
/** A busy worker hears no wake-ups: it looks for an update this often. */
const UPDATE_LOOK_MS = 100;
/** A queue whose head has waited this long goes before those whose deadlines are nearer. */
const PASS_OVER_MS = 1_000;

interface Listening {
  readonly queues: readonly string[];
  readonly offers: boolean;
  readonly abort: AbortController;
  /** Resolves with the wait. */
  readonly ended: Promise<unknown>;
}

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
  private listening: Listening | undefined;
  /** The queue whose wake-up we took: it is asked first. */
  private woken: string | undefined;
  private lookedForUpdateAt = -Infinity;
  /** Nothing was worth stealing, and this worker has not waited for work since. */
  private soughtInVain = false;
  private pulls = 0;
  private stopping = false;
  private running: Promise<void> | undefined;

  constructor(
    private readonly queue: JobQueue,
    private readonly puller: Puller,
    private readonly lanes: Lanes,
    private readonly updates: UpdateIntake,
    private readonly device: DeviceLoop,
    private readonly models: ModelHost,
    private readonly thief: Thief,
    private readonly peers: Peers,
    private readonly handOff: HandOff,
    private readonly identity: WorkerIdentity,
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
    const { listening } = this;
    const deaf = listening && (this.misses(listening.queues) || listening.offers !== this.hearsOffers);
    if (deaf || this.untilLateEnough() > 0) this.listening?.abort.abort();
  }

  /** Of a worker that leaves its work to others. Resolves when it hears of no work any more: others are to be woken. */
  async stopListening(): Promise<void> {
    this.changed.notify();
    this.listening?.abort.abort();
    await this.listening?.ended;
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
    // Others are to have it.
    if (this.handOff.isActive) return this.changed.wait();
    await this.lookForUpdate();
    const wanted = this.wanted();
    if (wanted.size === 0) return this.changed.wait(this.updates.hasRoom ? UPDATE_LOOK_MS : undefined);
    const early = this.untilLateEnough();
    if (early > 0) return this.changed.wait(early);
    const { woken } = this;
    this.woken = undefined;
    // Who offers may have left all of its work to others a moment ago.
    if (this.isOffered(woken)) await this.peers.look();
    const reachable = this.reachable(wanted);
    for (const queue of await this.order([...reachable.keys()], woken)) {
      const lane = reachable.get(queue);
      const jobs = lane && (await this.puller.pull(queue, lane.staging.room));
      if (jobs) return this.stage(lane, jobs);
    }
    if (this.misses(this.audible([...wanted.keys()]))) {
      // A batch was taken while we pulled: there is more of our own to look at.
      this.woken = woken;
      return;
    }
    if (await this.steal(woken)) return;
    return this.listen([...wanted.keys()]);
  }

  /**
   * Nothing is there for a device that is idle, or about to be: what waits too long elsewhere is better done here. While
   * the device is busy nobody is looked for: only whom it robbed last, so that it need not wait between two loots.
   */
  private async steal(woken: string | undefined): Promise<boolean> {
    const offered = this.isOffered(woken) ? woken : undefined;
    for (const lane of this.lanes.inference) {
      const { shareClass, staging } = lane;
      if (staging.size > 0) continue;
      const known = offered ?? this.thief.lastVictim(shareClass);
      if ((this.device.turn || this.soughtInVain) && known === undefined) continue;
      const jobs = await this.thief.steal(shareClass, known, () => this.device.isIdle);
      if (!jobs) continue;
      await this.stage(lane, jobs);
      return true;
    }
    this.soughtInVain = true;
    return false;
  }

  private isOffered(woken: string | undefined): woken is string {
    return woken !== undefined && ![this.identity.id, undefined].includes(queueOwner(woken));
  }

  private async stage(lane: InferenceLane, jobs: readonly StagedJob[]): Promise<void> {
    lane.stage(jobs);
    // It began while we leased.
    if (this.handOff.isActive) await this.handOff.giveBackLate();
  }

  /** The queues whose jobs there is room for, and the lane that has it. */
  private wanted(): Map<string, InferenceLane> {
    const wanted = new Map<string, InferenceLane>();
    for (const lane of this.lanes.inference) {
      const { room, queues = this.models.queues(lane.shareClass) } = lane.staging;
      if (room === 0) continue;
      for (const queue of queues) wanted.set(queue, lane);
    }
    return wanted;
  }

  /** Beside these the queues that nobody serves: they count as shared ones, however busy all others are. */
  private reachable(wanted: ReadonlyMap<string, InferenceLane>): ReadonlyMap<string, InferenceLane> {
    const reachable = new Map(wanted);
    const free = this.lanes.inference.filter(({ staging }) => staging.size === 0);
    for (const queue of this.peers.unserved) {
      const lane = free.find(({ shareClass }) => shareClass === this.models.byQueue(queue)?.shareClass);
      if (lane) reachable.set(queue, lane);
    }
    return reachable;
  }

  /** This worker's own queues first, but for every so many pulls. */
  private async order(queues: readonly string[], woken: string | undefined): Promise<readonly string[]> {
    if (woken !== undefined && queues.includes(woken)) return [woken];
    if (queues.length === 1) return queues;
    const heads = await this.queue.heads(queues);
    const order = orderQueues(heads, this.queue.now(), { passOverMs: PASS_OVER_MS });
    if (ignoresLocality(this.pulls++)) return order;
    const isOwn = (queue: string) => queueOwner(queue) === this.identity.id;
    return [...order.filter(isOwn), ...order.filter((queue) => !isOwn(queue))];
  }

  private async lookForUpdate(): Promise<void> {
    const now = this.clock.now();
    const isWoken = this.woken !== undefined && this.updates.queues.includes(this.woken);
    const due = isWoken || now - this.lookedForUpdateAt >= UPDATE_LOOK_MS;
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

  /** With the queues of updates, while there is room for one. */
  private audible(queues: readonly string[]): readonly string[] {
    return this.updates.hasRoom ? [...queues, ...this.updates.queues] : queues;
  }

  /** Whether it could take what is offered: nobody else hears of that offer. */
  private get hearsOffers(): boolean {
    return !this.device.turn && this.lanes.inference.some(({ shareClass }) => this.thief.canSteal(shareClass));
  }

  private async listen(wanted: readonly string[]): Promise<void> {
    const queues = this.audible(wanted);
    // A batch may have been taken while we pulled.
    if (this.stopping || this.handOff.isActive || this.misses(queues)) return;
    const abort = new AbortController();
    const offers = this.hearsOffers;
    this.soughtInVain = false;
    const waiting = this.queue.waitForWork(queues, POLL_MS, { signal: abort.signal, offers });
    this.listening = { queues, offers, abort, ended: waiting.catch(() => {}) };
    try {
      this.woken = await waiting;
    } finally {
      this.listening = undefined;
    }
  }
}
