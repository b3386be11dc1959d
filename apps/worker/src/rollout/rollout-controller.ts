import { Injectable } from '@nestjs/common';
import { Clock, type Timer } from '@sluice/clock';
import { Cluster } from '@sluice/cluster';
import { messageOf, SluiceError, type Rollout } from '@sluice/contracts';
import { ModelRegistry, RolloutBook, type RegisteredModel } from '@sluice/model-registry';
import { nextStep, type RolloutEffect } from '@sluice/scheduling';
import { Logger } from '@sluice/telemetry';
import { WorkerIdentity } from '../lifecycle/worker-identity.js';
import { RolloutEffects } from './rollout-effects.js';
import { RolloutSight } from './rollout-sight.js';

const LOOK_EVERY_MS = 500;
/** What follows at once from what was done at once; the rest waits for the next look. */
const STEPS_AT_ONCE = 16;

/**
 * Takes the rollouts that are under way a step further, for all workers: the one with the lowest id that stays does it.
 * Whoever believes so for a moment beside another loses by the fences of the book and of the registry, and reads again.
 *
 * Modes: *resting* (no rollout is under way: nothing is read, no timer runs), *watching* (a look every half second, and
 * whenever the book or the registry has changed), *stopped*.
 */
@Injectable()
export class RolloutController {
  private mode: 'resting' | 'watching' | 'stopped' = 'resting';
  private timer: Timer | undefined;
  private looking: Promise<void> | undefined;
  /** Something has changed since the look in progress began. */
  private isBehind = false;

  constructor(
    private readonly identity: WorkerIdentity,
    private readonly book: RolloutBook,
    private readonly registry: ModelRegistry,
    private readonly cluster: Cluster,
    private readonly sight: RolloutSight,
    private readonly effects: RolloutEffects,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Resolves when it hears of rollouts. */
  async start(): Promise<void> {
    await this.book.start();
    await this.book.watch((active) => {
      this.setMode(active.length === 0 ? 'resting' : 'watching');
      this.lookSoon();
    });
    await this.registry.watch(() => this.lookSoon());
  }

  /** Nothing is decided after this resolves; another worker goes on. */
  async stop(): Promise<void> {
    this.setMode('stopped');
    await this.looking;
    await this.book.stop();
  }

  private setMode(mode: RolloutController['mode']): void {
    if (this.mode === mode || this.mode === 'stopped') return;
    this.mode = mode;
    this.timer?.cancel();
    this.timer = mode === 'watching' ? this.clock.every(LOOK_EVERY_MS, () => this.lookSoon()) : undefined;
  }

  private lookSoon(): void {
    if (this.mode !== 'watching') return;
    this.isBehind = this.looking !== undefined;
    this.looking ??= this.look().finally(() => {
      this.looking = undefined;
      if (this.isBehind) this.lookSoon();
    });
  }

  /** Never rejects: what could not be done is tried again with the next look. */
  private async look(): Promise<void> {
    try {
      if (!(await this.isOurTurn())) return;
      for (const rollout of await this.book.active()) await this.advance(rollout);
    } catch (error) {
      this.logger.warn({ reason: messageOf(error) }, 'rollouts_not_seen');
    }
  }

  private async isOurTurn(): Promise<boolean> {
    const workers = await this.cluster.workers();
    const ids = workers.flatMap(({ id, state }) => (state === 'draining' ? [] : id));
    return ids.toSorted()[0] === this.identity.id;
  }

  private async advance(rollout: Rollout): Promise<void> {
    const { id, model, version } = rollout;
    let current = rollout;
    try {
      for (let step = 0; step < STEPS_AT_ONCE && this.mode !== 'stopped'; step++) {
        const seen = await this.registry.model(model);
        const { next, effects } = nextStep(current, await this.sight.of(current, seen));
        if (next === current && effects.length === 0) return;
        if (next !== current) current = await this.keep(current, next);
        for (const effect of effects) await this.bringAbout(effect, seen, current);
      }
    } catch (error) {
      // Somebody else was quicker: what came of it is seen with the next look, which its change brings about.
      if (error instanceof SluiceError && error.code === 'conflict') return;
      this.logger.warn({ rollout: id, model, version, reason: messageOf(error) }, 'rollout_step_failed');
    }
  }

  private async keep(seen: Rollout, next: Rollout): Promise<Rollout> {
    const kept = await this.book.change(seen, next);
    const { id: rollout, model, version, phase, fault } = kept;
    const message = kept.events.at(-1)?.message;
    if (phase !== seen.phase)
      this.logger.info({ rollout, model, version, phase, message, fault: fault?.reason }, 'rollout_phase');
    return kept;
  }

  private async bringAbout(effect: RolloutEffect, seen: RegisteredModel, rollout: Rollout): Promise<void> {
    await this.effects.bringAbout(effect, seen);
    const what = effect.kind === 'change' ? effect.change.kind : effect.job.kind;
    this.logger.info({ rollout: rollout.id, model: rollout.model, effect: what }, 'rollout_effect');
  }
}
