import type { Clock } from '@sluice/clock';
import type { Revision } from '../change.js';
import { AUDIT_LENGTH, HISTORY_LENGTH } from '../model-registry.js';
import { unregistered, type RegisteredModel } from '../registered-model.js';

/** What the processes of one cluster share, in one process: what Redis is to the other adapter. */
export class InMemoryRegistryHub {
  readonly states = new Map<string, RegisteredModel>();
  readonly watchers = new Set<() => void>();
  audit: readonly Revision[] = [];
  private readonly histories = new Map<string, readonly Revision[]>();

  constructor(private readonly clock: Clock) {}

  /** Newest first. */
  historyOf(model: string): readonly Revision[] {
    return this.histories.get(model) ?? [];
  }

  /** As `change.lua`. @returns false when the state is another one than was seen */
  change(seen: RegisteredModel, made: Omit<Revision, 'at'>): boolean {
    const { model, generation, changeId } = made.state;
    const current = this.states.get(model) ?? unregistered(model);
    const history = this.historyOf(model);
    if (current.generation !== seen.generation || current.changeId !== seen.changeId)
      return history.some(({ state }) => state.generation === generation && state.changeId === changeId);
    const revision = { ...made, at: this.clock.now() };
    this.states.set(model, made.state);
    this.histories.set(model, [revision, ...history].slice(0, HISTORY_LENGTH));
    this.audit = [revision, ...this.audit].slice(0, AUDIT_LENGTH);
    for (const tell of this.watchers) tell();
    return true;
  }
}
