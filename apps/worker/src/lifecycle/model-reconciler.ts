import { Injectable } from '@nestjs/common';
import { Clock, type Timer } from '@sluice/clock';
import { Cluster, type AppliedState, type DesiredState } from '@sluice/cluster';
import { messageOf, SluiceError, type ErrorBody } from '@sluice/contracts';
import { Logger } from '@sluice/telemetry';
import { AssignedModels } from '../placement/assigned-models.js';
import { Introductions } from '../update/introductions.js';
import { InheritedQueues } from './inherited-queues.js';
import { ModelKeeper } from './model-keeper.js';
import { RegisteredVersions } from './registered-versions.js';
import { Retirements } from './retirements.js';

/** A wish is heard of at once; this is the safety net for word of one that got lost. */
const LOOK_EVERY_MS = 5_000;
/** What is out of service leaves, and leaves its queues to others, by and by. */
const FOLLOW_EVERY_MS = 1_000;

/**
 * Brings the models of this worker to the state that the cluster wishes, at its start and whenever that changes: what
 * operators wish of a model, which versions the registry has in service, and, under a memory budget, what is assigned to
 * this worker.
 *
 * A model is *settled*, or *changing*: one change of a model at a time. Loads of several models take turns, so that they
 * need not be in memory and on the processor at once; an unload does not wait for them. A wish that comes while
 * its model is changing is seen when that is done; of several only the latest. Whatever the outcome, the wish is then
 * applied: a fault is for whoever wished to read, and is not tried again without another wish.
 */
@Injectable()
export class ModelReconciler {
  private readonly done = new Map<string, AppliedState>();
  private readonly changing = new Map<string, Promise<void>>();
  private lastLoad: Promise<unknown> = Promise.resolve();
  private onChange = () => {};
  private timers: Timer[] = [];
  /** The models that serve come first, then what is introduced beside them. */
  private isStarted = false;
  private stopped = false;

  constructor(
    private readonly cluster: Cluster,
    private readonly models: ModelKeeper,
    private readonly registered: RegisteredVersions,
    private readonly introductions: Introductions,
    private readonly retirements: Retirements,
    private readonly inherited: InheritedQueues,
    private readonly assigned: AssignedModels,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** The wishes that were acted upon, by model. */
  get applied(): Readonly<Record<string, AppliedState>> {
    return Object.fromEntries(this.done);
  }

  /**
   * Resolves when every model of the store has been loaded, has failed to, or is left out as wished; one after the
   * other, so that those that are ready serve while the others load.
   * @param onChange called when what this worker reports has changed
   */
  async start(onChange: () => void): Promise<void> {
    this.onChange = onChange;
    await this.registered.start(() => void this.serviceChanged());
    await this.cluster.watchModelStates(() => void this.look());
    await this.assigned.start(() => void this.look());
    this.introductions.start();
    this.timers = [
      this.clock.every(LOOK_EVERY_MS, () => void this.look()),
      this.clock.every(FOLLOW_EVERY_MS, () => void this.follow()),
    ];
    for (const model of await this.models.discover()) {
      const desired = (await this.cluster.modelStates()).get(model);
      if (this.stopped) return;
      if (!this.done.has(model)) await (this.changing.get(model) ?? this.change(model, desired));
    }
    this.isStarted = true;
    // Of models that the store does not have there may be wishes too, and whoever expressed one waits for an answer.
    await this.look();
  }

  /** No change begins after this; `settled` waits for those that have begun. */
  stop(): void {
    this.stopped = true;
    for (const timer of this.timers.splice(0)) timer.cancel();
    this.assigned.stop();
  }

  async settled(): Promise<void> {
    await this.introductions.stop();
    await Promise.all(this.changing.values());
  }

  private async serviceChanged(): Promise<void> {
    await this.follow();
    await this.look();
  }

  private async follow(): Promise<void> {
    if (this.stopped) return;
    await this.retirements.look();
    if (await this.inherited.look()) this.onChange();
  }

  private async look(): Promise<void> {
    try {
      const states = await this.cluster.modelStates();
      for (const [model, desired] of states) {
        if (this.stopped) return;
        if (this.done.get(model)?.revision === desired.revision || this.changing.has(model)) continue;
        void this.change(model, desired);
      }
      for (const model of this.models.misplaced()) {
        if (this.changing.has(model) || states.get(model)?.state === 'unloaded') continue;
        void this.change(model, undefined);
      }
      const isUnloaded = (model: string) => states.get(model)?.state === 'unloaded';
      if (this.isStarted && !this.stopped) void this.introductions.look(isUnloaded);
    } catch (error) {
      this.logger.warn({ reason: messageOf(error) }, 'model_states_unread');
    }
  }

  private change(model: string, desired: DesiredState | undefined): Promise<void> {
    const changing = this.bringAbout(model, desired).finally(() => {
      this.changing.delete(model);
      if (!this.stopped) void this.look();
    });
    this.changing.set(model, changing);
    return changing;
  }

  private async bringAbout(model: string, desired: DesiredState | undefined): Promise<void> {
    let faults: readonly ErrorBody[] = [];
    try {
      if (desired?.state === 'unloaded') await this.models.unload(model);
      else faults = await this.loadInTurn(model);
    } catch (error) {
      faults = [asFault(error)];
    }
    if (!desired) return;
    this.done.set(model, { revision: desired.revision, faults });
    this.logger.info({ model, state: desired.state, faults: faults.length }, 'model_state_applied');
    this.onChange();
  }

  private loadInTurn(model: string): Promise<ErrorBody[]> {
    const load = this.lastLoad.then(() => (this.stopped ? [] : this.models.load(model)));
    this.lastLoad = load.catch(() => {});
    return load;
  }
}

function asFault(error: unknown): ErrorBody {
  return error instanceof SluiceError ? error.toBody() : { code: 'model_unavailable', message: messageOf(error) };
}
