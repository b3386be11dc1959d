import { Injectable } from '@nestjs/common';
import { Clock, type Timer } from '@sluice/clock';
import { Cluster } from '@sluice/cluster';
import { WorkerConfig } from '@sluice/config';
import { messageOf } from '@sluice/contracts';
import { isBlocked, isOverdue, type RunInProgress } from '@sluice/scheduling';
import { Logger } from '@sluice/telemetry';
import { DeviceLoop } from '../execute/device-loop.js';
import { ModelHost } from '../lifecycle/model-host.js';
import { WorkerIdentity } from '../lifecycle/worker-identity.js';
import { HandOff } from './hand-off.js';
import { MemoryMeter } from './memory-meter.js';

const LOOK_EVERY_MS = 100;
const ASK_EVERY_MS = 400;
/** A look that is later than this comes from a process that was stopped for a while: its device may have been, too. */
const MOST_BETWEEN_LOOKS_MS = 500;
/** A worker that was short of memory goes on when it is below its limit by this part. */
const RELIEVED_BELOW = 0.9;

/** The turn that was seen last, and when. */
interface WatchedTurn {
  readonly turn: RunInProgress;
  readonly at: number;
  /** How long it had taken, but for the time in which this process itself did not go on. */
  readonly ms: number;
  /** Of these, those in which no model was being loaded: a run that waits for a load does not hang. */
  readonly aloneMs: number;
}

/**
 * Sees when this worker cannot start what it holds, so that others do: the device's turn takes too long (because a model
 * is being loaded, or the run hangs), memory is short, an operator said so. A run that will probably never end ends the
 * process: a thread in native code cannot be stopped.
 */
@Injectable()
export class StallWatch {
  private timers: Timer[] = [];
  private watched: WatchedTurn | undefined;
  private onHopeless: (reason: Error) => void = () => {};

  constructor(
    private readonly config: WorkerConfig,
    private readonly device: DeviceLoop,
    private readonly models: ModelHost,
    private readonly memory: MemoryMeter,
    private readonly cluster: Cluster,
    private readonly identity: WorkerIdentity,
    private readonly handOff: HandOff,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  start(onHopeless: (reason: Error) => void): void {
    this.onHopeless = onHopeless;
    const look = this.clock.every(LOOK_EVERY_MS, () => void this.guarded(() => this.look()));
    const ask = this.clock.every(ASK_EVERY_MS, () => void this.guarded(() => this.ask()));
    this.timers = [look, ask];
  }

  stop(): void {
    for (const timer of this.timers.splice(0)) timer.cancel();
  }

  private async look(): Promise<void> {
    const { turn } = this.device;
    const watched = turn && this.watch(turn);
    if (watched && isOverdue({ elapsedMs: watched.aloneMs, predictedMs: watched.turn.expectedMs })) {
      const { aloneMs, turn: run } = watched;
      this.onHopeless(
        new Error(`a run takes ${Math.round(aloneMs)} ms, ${Math.round(run.expectedMs ?? 0)} were expected`),
      );
      return;
    }
    const blocked = watched !== undefined && isBlocked({ elapsedMs: watched.ms, predictedMs: watched.turn.expectedMs });
    const isLoading = blocked && this.models.isLoading;
    await this.handOff.set('loading', isLoading);
    await this.handOff.set('overdue', blocked && !isLoading);
    await this.handOff.set('memory', this.isShortOfMemory());
  }

  private watch(turn: RunInProgress): WatchedTurn {
    const at = this.clock.now();
    const before = this.watched?.turn === turn ? this.watched : { at: turn.startedAt, ms: 0, aloneMs: 0 };
    const passed = Math.min(at - before.at, MOST_BETWEEN_LOOKS_MS);
    this.watched = {
      turn,
      at,
      ms: before.ms + passed,
      aloneMs: before.aloneMs + (this.models.isLoading ? 0 : passed),
    };
    return this.watched;
  }

  private isShortOfMemory(): boolean {
    const limit = this.config.memoryLimitBytes;
    if (limit === undefined) return false;
    const used = this.memory.residentBytes();
    return used > (this.handOff.reasons.includes('memory') ? limit * RELIEVED_BELOW : limit);
  }

  private async ask(): Promise<void> {
    await this.handOff.set('paused', await this.cluster.isPaused(this.identity.id));
  }

  private async guarded(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.logger.warn({ reason: messageOf(error) }, 'hand_off_failed');
    }
  }
}
