import type { Rollout } from '@sluice/contracts';
import { ROLLOUTS_KEPT } from '../rollouts/rollout-book.js';

/** What the rollout books of one cluster share, in one process: what Redis is to the other adapter. */
export class RolloutHub {
  readonly rollouts = new Map<string, Rollout>();
  readonly watchers = new Set<() => void>();

  /** Newest first. */
  of(model: string): Rollout[] {
    return [...this.rollouts.values()].filter((rollout) => rollout.model === model).toReversed();
  }

  active(): Rollout[] {
    return [...this.rollouts.values()].filter(({ endedAt }) => endedAt === undefined);
  }

  /** As `create-rollout.lua`. */
  create(rollout: Rollout): boolean {
    if (this.rollouts.has(rollout.id)) return true;
    if (this.active().some(({ model }) => model === rollout.model)) return false;
    this.put(rollout);
    for (const { id } of this.of(rollout.model).slice(ROLLOUTS_KEPT)) this.rollouts.delete(id);
    return true;
  }

  /** As `change-rollout.lua`. */
  change(seen: Rollout, next: Rollout): boolean {
    const current = this.rollouts.get(seen.id);
    if (!current) return false;
    if (current.revision !== seen.revision) return JSON.stringify(current) === JSON.stringify(next);
    this.put(next);
    return true;
  }

  private put(rollout: Rollout): void {
    this.rollouts.set(rollout.id, rollout);
    for (const tell of this.watchers) tell();
  }
}
