import type { ModelCopy } from './fleet.js';
import { byName, type FleetPlan, type PlannedWorker } from './fleet-plan.js';

/** How dear it is that a copy leaves; one that is needed more may not. */
export const PRICE = {
  /** There is room without any leaving. */
  nothing: 0,
  /** Nobody asks for its model. */
  unused: 1,
  /** Its model keeps as many as it may need. */
  spare: 2,
  /** Its model keeps as many as it must have, but may be slower. */
  useful: 3,
} as const;

/** Copies that leave one worker. */
export interface Leaving {
  readonly copies: readonly ModelCopy[];
  /** Of the dearest. */
  readonly price: number;
  /** When the latest of them was used, in ms. */
  readonly lastUsedAt: number;
}

/**
 * The copies that leave the worker so that there is room: of what may leave the cheapest, of those the least recently
 * used, and none without need.
 *
 * @param highest price to pay
 * @returns undefined when that makes too little room
 */
export function makeRoom(plan: FleetPlan, worker: PlannedWorker, bytes: number, highest: number): Leaving | undefined {
  const leaving = asMuchRoom(plan, worker, bytes, highest);
  const free = leaving.copies.reduce((sum, copy) => sum + copy.bytes, worker.freeBytes);
  return free >= bytes ? leaving : undefined;
}

/** As `makeRoom`, but when there is too little room: all that may leave. */
export function asMuchRoom(plan: FleetPlan, worker: PlannedWorker, bytes: number, highest: number): Leaving {
  const mayLeave = [...worker.copies.values()]
    .map((copy) => ({ copy, price: priceOf(plan, copy) }))
    .filter((each): each is { copy: ModelCopy; price: number } => each.price !== undefined && each.price <= highest)
    .toSorted(
      (one, other) =>
        one.price - other.price ||
        one.copy.lastUsedAt - other.copy.lastUsedAt ||
        byName(one.copy.model, other.copy.model),
    );
  let free = worker.freeBytes;
  const taken: typeof mayLeave = [];
  for (const each of mayLeave) {
    if (free >= bytes) break;
    taken.push(each);
    free += each.copy.bytes;
  }
  // A large one that was taken last may make small ones stay that were taken before it.
  const needed = taken.toReversed().filter(({ copy }) => {
    if (free - copy.bytes < bytes) return true;
    free -= copy.bytes;
    return false;
  });
  return {
    copies: needed.map(({ copy }) => copy).toReversed(),
    price: needed.reduce<number>((dearest, { price }) => Math.max(dearest, price), PRICE.nothing),
    lastUsedAt: needed.reduce((latest, { copy }) => Math.max(latest, copy.lastUsedAt), -Infinity),
  };
}

/** Undefined: it stays. */
function priceOf(plan: FleetPlan, { model, held, state }: ModelCopy): number | undefined {
  if (held || state === 'loading') return undefined;
  const demand = plan.demandFor(model);
  if (!demand) return PRICE.unused;
  // What is loading does not serve yet, and stands in for nobody.
  const serving = plan.hostsOf(model).filter(({ copies }) => copies.get(model)?.state === 'ready').length;
  if (serving > demand.kept) return PRICE.spare;
  return serving > demand.least ? PRICE.useful : undefined;
}
