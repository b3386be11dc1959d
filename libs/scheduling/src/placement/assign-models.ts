import type { Fleet } from './fleet.js';
import { byName, FleetPlan, type Assignment, type ModelInDemand, type PlannedWorker } from './fleet-plan.js';
import { asMuchRoom, makeRoom, PRICE, type Leaving } from './make-room.js';

/** A worker that computes for more of its time has queues. */
const FULL = 0.7;
/** A worker that does at least this part of what another does is no help to it. */
const ALIKE = 0.8;

/**
 * Which worker loads and unloads which models: the coordinator's decision, on a slow beat.
 *
 * Every model in demand gets the workers that it must have, then those that make it faster. Nothing is unloaded but to
 * make room for a load, or where a worker holds more than its budget. A worker loads one model at a time. The same fleet
 * gives the same decision, in whatever order it is listed; deciding again once it was applied gives nothing.
 */
export function assignModels(fleet: Fleet): Assignment {
  let plan = FleetPlan.of(fleet);
  // A step may make the next one possible. They come to an end: see the essay.
  for (;;) {
    const next = keepBudgets(plan) ?? cover(plan) ?? speedUp(plan);
    if (!next) return plan.assignment;
    plan = next;
  }
}

/** Unloads where a worker holds more than it may, as far as it can: its budget was lowered, or it was filled by hand. */
function keepBudgets(plan: FleetPlan): FleetPlan | undefined {
  for (const worker of plan.workers) {
    const { copies } = asMuchRoom(plan, worker, 0, PRICE.useful);
    if (copies.length > 0) return plan.with(worker, copies);
  }
  return undefined;
}

/** Loads a model that is on fewer workers than it must be: the one on the fewest, of those the one with most to do. */
function cover(plan: FleetPlan): FleetPlan | undefined {
  const missing = plan.inDemand
    .map((model) => ({ model, hosts: plan.hostsOf(model.need.queue).length, workMs: plan.workFor(model) }))
    .filter(({ model, hosts }) => hosts < model.least)
    .toSorted(
      (one, other) =>
        one.hosts - other.hosts || other.workMs - one.workMs || byName(one.model.need.queue, other.model.need.queue),
    );
  return firstOf(missing, ({ model }) => loadWhereBest(plan, model, plan.workers, PRICE.useful));
}

/**
 * Loads a model all of whose workers are full on one that has less to do: the one with most work for each of them. Only
 * when that is more work than loading takes, and when the fleet is better off as a whole: what leaves may be missed.
 */
function speedUp(plan: FleetPlan): FleetPlan | undefined {
  const slow = plan.inDemand
    .map((model) => {
      const hosts = plan.hostsOf(model.need.queue);
      const leastBusy = Math.min(...hosts.map((host) => plan.utilization(host)));
      return { model, leastBusy, perHostMs: plan.workFor(model) / hosts.length };
    })
    .filter(
      ({ model, leastBusy, perHostMs }) =>
        Number.isFinite(leastBusy) && leastBusy > FULL && perHostMs > model.need.loadMs,
    )
    .toSorted((one, other) => other.perHostMs - one.perHostMs || byName(one.model.need.queue, other.model.need.queue));
  return firstOf(slow, ({ model, leastBusy }) => {
    const helpers = plan.workers.filter((worker) => plan.utilization(worker) < ALIKE * leastBusy);
    const faster = loadWhereBest(plan, model, helpers, PRICE.spare);
    return faster && faster.strain < plan.strain ? faster : undefined;
  });
}

/** Loads it where that costs least: by what must leave, then on the worker with the least to do. */
function loadWhereBest(
  plan: FleetPlan,
  { need }: ModelInDemand,
  workers: readonly PlannedWorker[],
  highest: number,
): FleetPlan | undefined {
  const [best] = workers
    .filter((each) => !each.isLoading && !each.copies.has(need.queue) && !each.cannotLoad.includes(need.queue))
    .flatMap((worker) => {
      const leaving = makeRoom(plan, worker, need.bytes, highest);
      return leaving ? [{ worker, leaving, utilization: plan.utilization(worker) }] : [];
    })
    .toSorted(byCost);
  return best && plan.with(best.worker, best.leaving.copies, need);
}

interface Candidate {
  readonly leaving: Leaving;
  readonly utilization: number;
}

function byCost(one: Candidate, other: Candidate): number {
  return (
    one.leaving.price - other.leaving.price ||
    one.utilization - other.utilization ||
    one.leaving.lastUsedAt - other.leaving.lastUsedAt
  );
}

function firstOf<T>(all: readonly T[], find: (each: T) => FleetPlan | undefined): FleetPlan | undefined {
  for (const each of all) {
    const found = find(each);
    if (found) return found;
  }
  return undefined;
}
