import fc from 'fast-check';
import * as placed from './placement.arbitrary.js';
import { expectRest } from './placement.property.js';
import * as bugs from './planted/bugs.js';
import * as placement from './planted/placement-bugs.js';
import * as stealing from './planted/stealing-bugs.js';
import {
  calmScenario,
  crashingScenario,
  crowdedScenario,
  drainingScenario,
  freezingScenario,
  stormyScenario,
} from './scenario.arbitrary.js';
import type { Scenario } from './scenario.js';
import { shareCase } from './share.arbitrary.js';
import { expectShare } from './share.property.js';
import { Simulation, type Plants } from './simulation.js';
import { calmOwned, heapScenario, orphanScenario } from './stealing.arbitrary.js';
import { expectAdopted, expectShared } from './stealing.property.js';
import { Violation, type Invariant } from './witness/violation.js';

const MOST_RUNS = 400;

/** Tests of the tests: a system with a bug in it must not pass. */
describe('a planted bug is caught', () => {
  it.each<[name: string, plant: () => Plants, scenarios: fc.Arbitrary<Scenario>, by: readonly Invariant[]]>([
    ['settle without the fence', bugs.withoutFence, stormyScenario, ['one holder', 'one answer']],
    ['reply before settle', bugs.replyBeforeSettle, calmScenario, ['settle, then reply']],
    ['replies of leases that were lost', bugs.repliesOfTheLost, stormyScenario, ['settle, then reply']],
    ['a feed that leases everything', bugs.leasesEverything, calmScenario, ['late binding']],
    ['wake-ups without polling', bugs.wakeUpsOnly, stormyScenario, ['work-conserving', 'termination']],
    ['expired jobs run', bugs.runsWhatExpired, calmScenario, ['no expired runs']],
    ['a drain that gives nothing back', bugs.drainsWithoutRelease, drainingScenario, ['nothing held']],
    ['signatures in one batch', bugs.mixesSignatures, calmScenario, ['pure batches']],
    ['nobody is raised', bugs.neverRaises, crowdedScenario, ['turns']],
    ['queues in the order of deadlines only', bugs.deadlinesOnly, crowdedScenario, ['turns']],
    ['a sweep that begins late', bugs.sweepsLate, crashingScenario, ['recovery']],
    ['nobody sweeps', bugs.neverSweeps, stormyScenario, ['one answer', 'termination']],
  ])('%s', async (_, plant, scenarios, invariants) => {
    const property = fc.asyncProperty(scenarios, async (scenario) => {
      await new Simulation(scenario, plant()).run();
    });
    expect(invariants).toContain(await caughtBy(property));
  });

  it.each([
    ['charge by count', bugs.chargeByCount],
    ['credit without bound', bugs.creditWithoutBound],
  ])('%s', async (_, plant) => {
    expect(await caughtBy(fc.asyncProperty(shareCase, (drawn) => expectShare(drawn, plant())))).toBe('share');
  });

  it.each<[name: string, plant: () => Plants, by: readonly Invariant[]]>([
    ['stealing off', stealing.stealsNothing, ['stealing']],
    ['offers that nobody hears', stealing.offersNothing, ['stealing']],
    ['a thief that takes copies', stealing.stealsCopies, ['one holder', 'one answer']],
    ['two thieves with the same loot', stealing.robsForTwo, ['one holder', 'one answer']],
    [
      'a thief that steals until nothing is left',
      stealing.stealsUntilNothingIsLeft,
      ['late binding', 'searching', 'stealing'],
    ],
  ])('%s', async (_, plant, invariants) => {
    const property = fc.asyncProperty(heapScenario, async (scenario) => void (await expectShared(scenario, plant())));
    expect(invariants).toContain(await caughtBy(property));
  });

  it.each<[name: string, plant: () => Plants, by: readonly Invariant[]]>([
    ['stealing off, with nothing but the watch', stealing.stealsNothing, ['stealing']],
    ['a thief that searches without end', stealing.searchesWithoutEnd, ['searching']],
    ['thieves that search all at once', stealing.searchesAllAtOnce, ['searching']],
  ])('%s', async (_, plant, invariants) => {
    const property = fc.asyncProperty(calmOwned, async (scenario) => {
      await new Simulation(scenario, plant()).run();
    });
    expect(invariants).toContain(await caughtBy(property));
  });

  it.each<[name: string, plant: () => Plants, scenarios: fc.Arbitrary<Scenario>, by: readonly Invariant[]]>([
    ['budgets that are not looked at', placement.ignoresBudgets, placed.shiftingScenario, ['memory']],
    ['a model that leaves while its work is leased', placement.releasesWhatIsLeased, placed.longRuns, ['in use']],
    ['decisions without a fence', placement.ignoresTheFence, placed.pausedCoordinators, ['one coordinator']],
    ['a coordinator without effect', placement.assignsNothing, placed.shiftingScenario, ['cover', 'true retry']],
    ['a minimum of workers that is not kept', placement.ignoresTheMinimum, placed.shiftingScenario, ['cover']],
    ['refusals that do not count', placement.hearsNobodyRefused, placed.shiftingScenario, ['cover', 'true retry']],
  ])('%s', async (_, plant, scenarios, invariants) => {
    const property = fc.asyncProperty(scenarios, async (scenario) => {
      await new Simulation(scenario, plant()).run();
    });
    expect(invariants).toContain(await caughtBy(property));
  });

  it('a demand that is forgotten at once', async () => {
    const plants = placement.forgetsWhatIsServed();
    const property = fc.asyncProperty(placed.steadyScenario, async (scenario) => {
      await expectRest(scenario, plants);
    });
    expect(await caughtBy(property)).toBe('rest');
  });

  it('one token per worker', async () => {
    const property = fc.asyncProperty(freezingScenario, async (scenario) => {
      await new Simulation(scenario, bugs.oneTokenPerWorker()).run();
    });
    // It takes a worker that leases a job again which it still runs: rare, and sooner found from here.
    expect(['one holder', 'one answer']).toContain(await caughtBy(property, 77));
  });

  it('the dead have to wait', async () => {
    const plants = stealing.waitsForTheDead();
    expect(await caughtBy(fc.asyncProperty(orphanScenario, (scenario) => expectAdopted(scenario, plants)))).toBe(
      'stealing',
    );
  });
});

/** The invariant that did not hold. The same scenarios in every run: a bug that is found is found again. */
async function caughtBy<T>(property: fc.IAsyncProperty<T>, seed = 1): Promise<Invariant> {
  const result = await fc.check(property, { seed, numRuns: MOST_RUNS, endOnFailure: true });
  const { failed, numRuns, errorInstance } = result;
  if (!failed) throw new Error(`nothing was found in ${numRuns} runs`);
  if (!(errorInstance instanceof Violation)) throw errorInstance;
  console.log(`${expect.getState().currentTestName}: by "${errorInstance.invariant}" in run ${numRuns}`);
  return errorInstance.invariant;
}
