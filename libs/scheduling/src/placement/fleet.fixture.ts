import type { Assignment } from './fleet-plan.js';
import type { Fleet, ModelCopy, ModelNeed, WorkerMemory } from './fleet.js';

export const NOW = 1_000_000;

export function need(queue: string, more: Partial<ModelNeed> = {}): ModelNeed {
  return { queue, bytes: 1, backlogMs: 0, demandMsPerSec: 0, loadMs: 1_000, minWorkers: 1, ...more };
}

export function copy(model: string, more: Partial<ModelCopy> = {}): ModelCopy {
  return { model, bytes: 1, lastUsedAt: NOW, held: false, state: 'ready', ...more };
}

export function worker(id: string, budgetBytes: number, ...models: ModelCopy[]): WorkerMemory {
  return { id, budgetBytes, models };
}

/** The fleet while the loads go on: what was unloaded is gone. */
export function applied(fleet: Fleet, { loads, unloads }: Assignment): Fleet {
  const bytesOf = new Map(fleet.models.map(({ queue, bytes }) => [queue, bytes]));
  const workers = fleet.workers.map((each) => {
    const gone = new Set(unloads.filter(({ workerId }) => workerId === each.id).map(({ queue }) => queue));
    const begun = loads
      .filter(({ workerId }) => workerId === each.id)
      .map(({ queue }) => copy(queue, { bytes: bytesOf.get(queue)!, lastUsedAt: fleet.now, state: 'loading' }));
    return { ...each, models: [...each.models.filter(({ model }) => !gone.has(model)), ...begun] };
  });
  return { ...fleet, workers };
}

/** The fleet when all its loads have ended. */
export function loaded(fleet: Fleet): Fleet {
  const workers = fleet.workers.map((each) => ({
    ...each,
    models: each.models.map((model) => ({ ...model, state: 'ready' as const })),
  }));
  return { ...fleet, workers };
}

/** On how many workers a model is; on how many it serves. */
export function copiesOf({ workers }: Fleet, queue: string, state?: 'ready'): number {
  const counts = (copies: readonly ModelCopy[]) =>
    copies.some((each) => each.model === queue && (state === undefined || each.state === state));
  return workers.filter(({ models }) => counts(models)).length;
}
