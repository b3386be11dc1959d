import fc from 'fast-check';
import { assignModels } from './assign-models.js';
import { copiesNeeded } from './copies-needed.js';
import { applied, copiesOf, copy, loaded, need, NOW, worker } from './fleet.fixture.js';
import { FleetPlan, type Assignment } from './fleet-plan.js';
import type { Fleet, ModelNeed, WorkerMemory } from './fleet.js';

/** What the laws below judge; wrong ones are judged too, so that the laws are known to catch them. */
type Decide = (fleet: Fleet) => Assignment;

const QUEUES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

const fleets = fc.integer({ min: 1, max: QUEUES.length }).chain((count) => {
  const queues = QUEUES.slice(0, count);
  return fc.array(fc.integer({ min: 1, max: 6 }), { minLength: count, maxLength: count }).chain((sizes) => {
    const bytes = (queue: string) => sizes[queues.indexOf(queue)]!;
    const copies = fc.subarray(queues).chain((held) =>
      fc.tuple(
        ...held.map((model) =>
          fc.record({
            model: fc.constant(model),
            bytes: fc.constant(bytes(model)),
            lastUsedAt: fc.integer({ min: NOW - 50, max: NOW }),
            held: fc.nat(5).map((drawn) => drawn === 0),
            state: fc.nat(9).map((drawn) => (drawn === 0 ? ('loading' as const) : ('ready' as const))),
          }),
        ),
      ),
    );
    const needs = queues.map((queue) =>
      fc.record({
        queue: fc.constant(queue),
        bytes: fc.constant(bytes(queue)),
        backlogMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 10_000 })),
        demandMsPerSec: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2_500 })),
        loadMs: fc.integer({ min: 1, max: 4_000 }),
        minWorkers: fc.integer({ min: 0, max: 3 }),
        pinned: fc.nat(9).map((drawn) => drawn === 0),
      }),
    );
    const workers = fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), copies), { minLength: 1, maxLength: 5 });
    return fc.record({
      now: fc.constant(NOW),
      models: fc.tuple(...needs),
      workers: workers.map((all) => all.map(([budget, models], index) => worker(`w${index}`, budget, ...models))),
    });
  });
});

const usedBytes = ({ models }: WorkerMemory) => models.reduce((sum, { bytes }) => sum + bytes, 0);
const leastOf = (model: ModelNeed) => copiesNeeded(model)?.least ?? 0;

function forEachFleet(law: (fleet: Fleet) => void): void {
  fc.assert(fc.property(fleets, law), { numRuns: 300 });
}

/** No load exceeds a budget, and nothing is done twice, or beside a load in progress. */
function keepsBudgets(decide: Decide): void {
  forEachFleet((fleet) => {
    const decision = decide(fleet);
    const after = applied(fleet, decision);
    for (const [index, before] of fleet.workers.entries()) {
      const loads = decision.loads.filter(({ workerId }) => workerId === before.id);
      expect(usedBytes(after.workers[index]!)).toBeLessThanOrEqual(
        loads.length > 0 ? before.budgetBytes : Math.max(before.budgetBytes, usedBytes(before)),
      );
      expect(loads.length).toBeLessThanOrEqual(before.models.some(({ state }) => state === 'loading') ? 0 : 1);
      const had = before.models.map(({ model }) => model);
      for (const { queue } of loads) expect(had).not.toContain(queue);
      const unloads = decision.unloads.filter(({ workerId }) => workerId === before.id);
      for (const { queue } of unloads) expect(had).toContain(queue);
    }
  });
}

/** What has leased work stays, and what is loading; and of a model in demand as many stay as must, not counting those that load. */
function takesOnlyWhatMayLeave(decide: Decide): void {
  forEachFleet((fleet) => {
    const decision = decide(fleet);
    const after = applied(fleet, decision);
    for (const { workerId, queue } of decision.unloads) {
      const left = fleet.workers.find(({ id }) => id === workerId)!.models.find(({ model }) => model === queue)!;
      expect(left).toMatchObject({ held: false, state: 'ready' });
    }
    for (const each of fleet.models) {
      const served = copiesOf(fleet, each.queue, 'ready');
      expect(copiesOf(after, each.queue, 'ready')).toBeGreaterThanOrEqual(Math.min(served, leastOf(each)));
    }
  });
}

/** After it, no model that must be on more workers finds room on one that could load it. */
function leavesNoRoomUnused(decide: Decide): void {
  forEachFleet((fleet) => {
    const after = applied(fleet, decide(fleet));
    for (const each of fleet.models) {
      if (copiesOf(after, each.queue) >= leastOf(each)) continue;
      for (const { budgetBytes, models } of after.workers) {
        if (models.some(({ model, state }) => model === each.queue || state === 'loading')) continue;
        const stay = models.filter(({ model, held }) => {
          const other = fleet.models.find(({ queue }) => queue === model);
          const least = other ? leastOf(other) : 0;
          return held || (least > 0 && copiesOf(after, model, 'ready') <= least);
        });
        expect(stay.reduce((sum, { bytes }) => sum + bytes, each.bytes)).toBeGreaterThan(budgetBytes);
      }
    }
  });
}

/** Bytes too many, then copies too few, then strain: of two fleets the better one is less where they first differ. */
function lacking(fleet: Fleet): number[] {
  const over = fleet.workers.reduce((sum, each) => sum + Math.max(0, usedBytes(each) - each.budgetBytes), 0);
  const short = fleet.models.reduce((sum, each) => sum + Math.max(0, leastOf(each) - copiesOf(fleet, each.queue)), 0);
  return [over, short, FleetPlan.of(fleet).strain];
}

function isLess(one: readonly number[], other: readonly number[]): boolean {
  const differs = one.findIndex((each, index) => each !== other[index]);
  return differs >= 0 && one[differs]! < other[differs]!;
}

/**
 * Every decision that changes something makes the fleet better, in an order without circles, and so it comes to rest. Deciding
 * again before the loads have ended gives nothing.
 */
function comesToRest(decide: Decide): void {
  forEachFleet((fleet) => {
    let state = fleet;
    for (let beat = 0; beat < 100; beat += 1) {
      const decision = decide(state);
      const after = applied(state, decision);
      expect(decide(after)).toEqual({ loads: [], unloads: [] });
      const changes = decision.loads.length + decision.unloads.length > 0;
      expect(isLess(lacking(after), lacking(state))).toBe(changes);
      state = loaded(after);
      if (!changes) return;
    }
    throw new Error('the fleet has not come to rest after 100 beats');
  });
}

/** A demand that is a fifth more or less from beat to beat moves nothing to and fro: 12 models, 15 places for them. */
function bearsNoise(decide: Decide): void {
  const noise = fc.double({ min: 0.8, max: 1.2, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 300, max: 2_900 }), fc.infiniteStream(noise), (total, factors) => {
      const popularity = Array.from({ length: 12 }, (_, rank) => 0.38 / (rank + 1) ** 1.1);
      let fleet: Fleet = { now: NOW, models: [], workers: ['w0', 'w1', 'w2'].map((id) => worker(id, 5)) };
      let loads = 0;
      for (let beat = 0; beat < 200; beat += 1) {
        const models = popularity.map((part, index) =>
          need(`m${index}`, { demandMsPerSec: part * total * factors.next().value }),
        );
        const { workers, now } = fleet;
        const decision = decide({ workers, models, now });
        loads += decision.loads.length;
        fleet = loaded(applied({ workers, models, now }, decision));
      }
      expect(loads).toBeLessThanOrEqual(12 + 6);
    }),
    { numRuns: 20 },
  );
}

/** Where each model must be on one worker, all have one size and room, all are loaded after as many beats as models. */
function loadsWhatWaits(decide: Decide): void {
  const room = fc.record({ workers: fc.integer({ min: 1, max: 5 }), slots: fc.integer({ min: 1, max: 4 }) });
  fc.assert(
    fc.property(room, fc.infiniteStream(fc.nat(1)), ({ workers, slots }, drawn) => {
      const queues = QUEUES.slice(0, workers * slots);
      const ids = Array.from({ length: workers }, (_, index) => `w${index}`);
      let fleet: Fleet = {
        now: NOW,
        models: queues.map((queue) => need(queue, { backlogMs: 1 })),
        workers: ids.map((id) => {
          const held = [...queues, 'x', 'y', 'z'].filter(() => drawn.next().value === 1).slice(0, slots);
          return worker(id, slots, ...held.map((model) => copy(model)));
        }),
      };
      for (let beat = 0; beat < queues.length; beat += 1) fleet = loaded(applied(fleet, decide(fleet)));
      for (const queue of queues) expect(copiesOf(fleet, queue)).toBeGreaterThanOrEqual(1);
    }),
  );
}

describe('the assignment of models', () => {
  it.each([
    ['keeps the budgets', keepsBudgets],
    ['takes only what may leave', takesOnlyWhatMayLeave],
    ['leaves no room unused', leavesNoRoomUnused],
    ['comes to rest', comesToRest],
    ['bears noise', bearsNoise],
    ['loads what waits, where there is room', loadsWhatWaits],
  ])('%s', (_, law) => {
    expect(() => law(assignModels)).not.toThrow();
  });

  it('does not depend on the order in which the fleet is listed', () => {
    forEachFleet(({ workers, models, now }) => {
      const turned = { now, models: models.toReversed(), workers: workers.toReversed() };
      expect(assignModels(turned)).toEqual(assignModels({ workers, models, now }));
    });
  });
});

/** Mistakes that would be easy to make. The laws must catch each. */
describe('the laws of the assignment', () => {
  it('catch budgets that are not looked at', () => {
    const roomy: Decide = (fleet) =>
      assignModels({ ...fleet, workers: fleet.workers.map((each) => ({ ...each, budgetBytes: 100 })) });
    expect(() => keepsBudgets(roomy)).toThrow('Property failed');
  });

  it('catch loads that are begun beside another', () => {
    expect(() => keepsBudgets((fleet) => assignModels(loaded(fleet)))).toThrow('Property failed');
  });

  it('catch copies that leave with work', () => {
    const careless: Decide = (fleet) =>
      assignModels({
        ...fleet,
        workers: fleet.workers.map((each) => ({
          ...each,
          models: each.models.map((one) => ({ ...one, held: false })),
        })),
      });
    expect(() => takesOnlyWhatMayLeave(careless)).toThrow('Property failed');
  });

  it('catch copies that leave for one that does not serve yet', () => {
    const early: Decide = (fleet) =>
      assignModels({
        ...fleet,
        workers: fleet.workers.map((each) => ({
          ...each,
          models: each.models.map((one) => ({ ...one, held: one.held || one.state === 'loading', state: 'ready' })),
        })),
      });
    expect(() => takesOnlyWhatMayLeave(early)).toThrow('Property failed');
  });

  it('catch minimums that are not looked at', () => {
    const greedy: Decide = (fleet) =>
      assignModels({ ...fleet, models: fleet.models.map((each) => ({ ...each, minWorkers: 1 })) });
    expect(() => takesOnlyWhatMayLeave(greedy)).toThrow('Property failed');
    expect(() => leavesNoRoomUnused(greedy)).toThrow('Property failed');
  });

  it('catch unloading what has no demand at once', () => {
    const eager: Decide = (fleet) => {
      const { loads, unloads } = assignModels(fleet);
      const idle = fleet.workers.flatMap(({ id, models }) =>
        models
          .filter(({ model, held, state }) => {
            const asked = fleet.models.find(({ queue }) => queue === model)!;
            return !held && state === 'ready' && copiesOf(fleet, model) > leastOf(asked);
          })
          .map(({ model }) => ({ workerId: id, queue: model })),
      );
      return { loads, unloads: unloads.length > 0 ? unloads : idle.slice(0, 1) };
    };
    expect(() => comesToRest(eager)).toThrow('Property failed');
  });

  it('catch a coordinator that only waits', () => {
    const idle: Decide = () => ({ loads: [], unloads: [] });
    expect(() => leavesNoRoomUnused(idle)).toThrow('Property failed');
    expect(() => loadsWhatWaits(idle)).toThrow('Property failed');
  });
});
