import type { MemoryLoad, MemoryModel, ModelAssignment } from '@sluice/cluster';
import { assignModels, copiesNeeded, type ModelCopy, type ModelNeed, type WorkerMemory } from '@sluice/scheduling';
import type { Demand } from './demand-meter.js';

/** What the coordinator knows when it decides. */
export interface PlacementFacts {
  /** By the queue's clock, in ms. */
  readonly now: number;
  /** The workers with a budget that stay, as they told last. */
  readonly workers: readonly { readonly id: string; readonly memory: MemoryLoad }[];
  readonly demandFor: (queue: string) => Demand;
  /** An operator wishes that nobody serves it. */
  readonly isUnloaded: (queue: string) => boolean;
  readonly previous: ModelAssignment | undefined;
  readonly minWorkers: number;
}

/** What a load takes that nobody has measured: opening, and reading at 100 MB a second. */
const OPEN_MS = 500;
const BYTES_PER_MS = 100_000;

/**
 * The next assignment: what the workers have and will have by the one before, and what `assignModels` changes in that.
 *
 * What was assigned and is not there yet counts as loading; what was taken away counts as gone, because a worker lets go
 * before it loads. Thus it does not matter whether a worker has come to the last assignment by now.
 */
export function decidePlacement(facts: PlacementFacts): ModelAssignment {
  const { now, workers, previous } = facts;
  const models = needsOf(facts);
  const before = workers.map((worker) => memoryOf(worker, facts, models));
  const { loads, unloads } = assignModels({ now, workers: before, models });
  const after = before.map(({ id, models: copies }) => {
    const has = (placements: typeof loads, queue: string) =>
      placements.some((each) => each.workerId === id && each.queue === queue);
    const stay = copies.map(({ model }) => model).filter((queue) => !has(unloads, queue));
    const come = loads.flatMap(({ workerId, queue }) => (workerId === id ? queue : []));
    const isLoading = come.length > 0 || copies.some(({ state }) => state === 'loading');
    return { id, queues: [...stay, ...come].toSorted(), isLoading };
  });
  // A worker that loads something may load the next one after that.
  const isFull = after.length > 0 && !after.some(({ isLoading }) => isLoading);
  const isNowhere = ({ queue }: ModelNeed) => !after.some(({ queues }) => queues.includes(queue));
  const noRoom = isFull ? models.filter((need) => copiesNeeded(need) && isNowhere(need)) : [];
  return {
    generation: (previous?.generation ?? 0) + 1,
    workers: Object.fromEntries(after.map(({ id, queues }) => [id, queues])),
    noRoom: noRoom.map(({ queue }) => queue).toSorted(),
  };
}

/** Whether two assignments say the same, whatever their generations. */
export function isSameAssignment(one: ModelAssignment, other: ModelAssignment | undefined): boolean {
  const said = (assignment: ModelAssignment) =>
    JSON.stringify([Object.entries(assignment.workers).toSorted(([a], [b]) => (a < b ? -1 : 1)), assignment.noRoom]);
  return other !== undefined && said(one) === said(other);
}

/** Every version that some worker has or could load. */
function needsOf({ workers, demandFor, isUnloaded, minWorkers }: PlacementFacts): ModelNeed[] {
  const byQueue = new Map<string, MemoryModel[]>();
  for (const each of workers.flatMap(({ memory }) => memory.models))
    if (each.state !== 'failed' && !isUnloaded(each.queue))
      byQueue.set(each.queue, [...(byQueue.get(each.queue) ?? []), each]);
  return [...byQueue].map(([queue, copies]) => {
    const bytes = Math.max(...copies.map((copy) => copy.bytes));
    const measured = copies.flatMap(({ loadMs }) => loadMs ?? []);
    const loadMs = measured.length > 0 ? Math.max(...measured) : OPEN_MS + bytes / BYTES_PER_MS;
    return { queue, bytes, loadMs, minWorkers, ...demandFor(queue) };
  });
}

function memoryOf(
  { id, memory }: PlacementFacts['workers'][number],
  { now, previous, isUnloaded }: PlacementFacts,
  needs: readonly ModelNeed[],
): WorkerMemory {
  const assigned = previous?.workers[id];
  const copies = memory.models.flatMap(({ queue, state, bytes, lastUsedAt, held, kept = false }): ModelCopy[] => {
    const isAssigned = kept || (assigned?.includes(queue) ?? state !== 'available');
    const stays = isAssigned && !isUnloaded(queue);
    if (!stays || state === 'failed') return [];
    const isThere = state === 'ready' || state === 'loading';
    const copy = isThere
      ? { lastUsedAt, held: held || kept, state }
      : { lastUsedAt: now, held: false, state: 'loading' as const };
    return [{ model: queue, bytes, ...copy }];
  });
  const couldLoad = new Set(memory.models.flatMap(({ queue, state }) => (state === 'failed' ? [] : queue)));
  const cannotLoad = needs.flatMap(({ queue }) => (couldLoad.has(queue) ? [] : queue));
  return { id, budgetBytes: memory.budgetBytes, models: copies, cannotLoad };
}
