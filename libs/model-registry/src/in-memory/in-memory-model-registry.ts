import type { Clock } from '@sluice/clock';
import type { Change, ChangeNote, Revision } from '../change.js';
import { ModelRegistry, type RegisteredModels } from '../model-registry.js';
import { unregistered, type RegisteredModel } from '../registered-model.js';
import { staleState } from '../stale-state.js';
import { transition } from '../transition.js';
import type { InMemoryRegistryHub } from './in-memory-registry-hub.js';

/** A registry without a network, for the simulator and for tests of the apps' logic. */
export class InMemoryModelRegistry extends ModelRegistry {
  private readonly watchers = new Set<() => void>();
  private changes = 0;

  /** @param name of the process, which no other has: ids are counted, so that a simulation that is run again does the same */
  constructor(
    private readonly hub: InMemoryRegistryHub,
    private readonly clock: Clock,
    private readonly name: string,
  ) {
    super();
  }

  override async model(name: string): Promise<RegisteredModel> {
    return this.hub.states.get(name) ?? unregistered(name);
  }

  override async models(): Promise<RegisteredModels> {
    return new Map(this.hub.states);
  }

  override async change(seen: RegisteredModel, change: Change, note: ChangeNote): Promise<RegisteredModel> {
    const { by, reason, id = `${this.name}-${++this.changes}` } = note;
    const state = transition(seen, change, id);
    if (this.hub.change(seen, { state, change, by, reason })) return state;
    throw staleState(seen, await this.model(seen.model));
  }

  override async history(model: string): Promise<Revision[]> {
    return [...this.hub.historyOf(model)];
  }

  override async audit(): Promise<Revision[]> {
    return [...this.hub.audit];
  }

  override async watch(onState: (models: RegisteredModels) => void): Promise<void> {
    const tell = () => onState(new Map(this.hub.states));
    // In a turn of the watcher's own process, never within the writer's.
    const watcher = () => this.clock.soon(tell);
    this.watchers.add(watcher);
    this.hub.watchers.add(watcher);
    tell();
  }

  override async start(): Promise<void> {}

  override async stop(): Promise<void> {
    for (const watcher of this.watchers) this.hub.watchers.delete(watcher);
    this.watchers.clear();
  }
}
