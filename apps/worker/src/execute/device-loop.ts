import { Injectable } from '@nestjs/common';
import { Clock } from '@sluice/clock';
import { WorkerConfig } from '@sluice/config';
import { DeviceShare, type RunInProgress } from '@sluice/scheduling';
import { Logger } from '@sluice/telemetry';
import { Signal } from '../lifecycle/signal.js';
import type { Lane } from './lane.js';

/**
 * The device's loop: of the lanes that could run something, the share policy names the one that does.
 *
 * Whoever has the turn has the device: nothing runs beside this loop, nothing warms up or profiles outside it. The
 * device is idle only while no lane is ready. Preemption happens here, between two turns, and nowhere else.
 */
@Injectable()
export class DeviceLoop {
  private readonly changed: Signal;
  private readonly share: DeviceShare;
  private lanes: readonly Lane[] = [];
  private inTurn: Lane | undefined;
  private inProgress: RunInProgress | undefined;
  private onIdle = () => {};
  private stopping = false;
  private running: Promise<void> | undefined;

  constructor(
    config: WorkerConfig,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.changed = new Signal(clock);
    this.share = new DeviceShare(config.scheduling.classes);
  }

  /** `onBroken`: the device cannot be used any more. `onIdle`: nothing is ready, perhaps sooner than was expected. */
  start(lanes: readonly Lane[], onBroken: (error: unknown) => void, onIdle = () => {}): void {
    this.lanes = lanes;
    this.onIdle = onIdle;
    this.running ??= this.loop().catch(onBroken);
  }

  /** Resolves when nothing is ready, running or unsettled any more: to be called when nothing new can become so. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.changed.notify();
    await this.running;
  }

  /** A lane may have become ready. */
  notify(): void {
    this.changed.notify();
  }

  /** The turn in progress; undefined while the device is idle. */
  get turn(): RunInProgress | undefined {
    return this.inProgress;
  }

  /** Nothing runs, and nothing could. */
  get isIdle(): boolean {
    const now = this.clock.now();
    return this.inTurn === undefined && !this.lanes.some((lane) => lane.readyAt(now) <= now);
  }

  /** Device time charged since the start, in ms, by class. */
  used(): Readonly<Record<string, number>> {
    return this.share.used();
  }

  /** Whether a class runs, or could. */
  isBusy(shareClass: string): boolean {
    if (this.inTurn?.shareClass === shareClass) return true;
    const now = this.clock.now();
    return this.lanes.some((lane) => lane.shareClass === shareClass && lane.readyAt(now) <= now);
  }

  private async loop(): Promise<void> {
    for (;;) {
      const now = this.clock.now();
      const ready = this.lanes.filter((lane) => lane.readyAt(now) <= now);
      const chosen = this.share.next(ready.map(({ shareClass }) => shareClass));
      const lane = ready.find(({ shareClass }) => shareClass === chosen);
      if (lane) await this.give(lane, now);
      else if (this.stopping && !this.lanes.some(({ hasUnsettled }) => hasUnsettled)) return;
      else {
        this.onIdle();
        await this.changed.wait(this.untilNext(now));
      }
    }
  }

  private async give(lane: Lane, now: number): Promise<void> {
    this.inTurn = lane;
    this.inProgress = { startedAt: now, expectedMs: lane.expectedMs() };
    try {
      const deviceMs = await lane.turn();
      this.share.charge(lane.shareClass, deviceMs);
      this.logger.debug({ shareClass: lane.shareClass, deviceMs, turnMs: this.clock.now() - now }, 'turn_ended');
    } finally {
      this.inTurn = undefined;
      this.inProgress = undefined;
    }
  }

  /** Milliseconds until a lane is ready by itself; undefined when none will be. */
  private untilNext(now: number): number | undefined {
    const next = Math.min(...this.lanes.map((lane) => lane.readyAt(now)));
    return Number.isFinite(next) ? next - now : undefined;
  }
}
