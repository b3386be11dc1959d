import type { Clock } from '@sluice/clock';
import type { Rollout } from '@sluice/contracts';
import { ROLLOUTS_KEPT, RolloutBook } from '../rollouts/rollout-book.js';
import { rolloutUnderWay, staleRollout } from '../rollouts/rollout-conflicts.js';
import type { RolloutHub } from './rollout-hub.js';

/** A book without a network, for the simulator and for tests of the apps' logic. */
export class InMemoryRolloutBook extends RolloutBook {
  private readonly watchers = new Set<() => void>();

  constructor(
    private readonly hub: RolloutHub,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async create(rollout: Rollout): Promise<Rollout> {
    if (this.hub.create(rollout)) return rollout;
    const other = this.hub.active().find(({ model }) => model === rollout.model);
    throw rolloutUnderWay(rollout, other);
  }

  override async get(id: string): Promise<Rollout | undefined> {
    return this.hub.rollouts.get(id);
  }

  override async list(model: string, max = ROLLOUTS_KEPT): Promise<Rollout[]> {
    return this.hub.of(model).slice(0, max);
  }

  override async active(): Promise<Rollout[]> {
    return this.hub.active();
  }

  override async change(seen: Rollout, next: Rollout): Promise<Rollout> {
    const changed = { ...next, revision: seen.revision + 1 };
    if (this.hub.change(seen, changed)) return changed;
    throw staleRollout(seen, this.hub.rollouts.get(seen.id));
  }

  override async watch(onActive: (active: readonly Rollout[]) => void): Promise<void> {
    const tell = () => onActive(this.hub.active());
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
