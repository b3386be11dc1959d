import fc from 'fast-check';
import * as bugs from './planted/bugs.js';
import {
  calmScenario,
  crashingScenario,
  crowdedScenario,
  drainingScenario,
  stormyScenario,
} from './scenario.arbitrary.js';
import type { Scenario } from './scenario.js';
import { shareCase } from './share.arbitrary.js';
import { expectShare } from './share.property.js';
import { Simulation, type Plants } from './simulation.js';
import { Violation, type Invariant } from './witness/violation.js';

const MOST_RUNS = 400;

/** Tests of the tests: a system with a bug in it must not pass. */
describe('a planted bug is caught', () => {
  it.each<[name: string, plant: () => Plants, scenarios: fc.Arbitrary<Scenario>, by: readonly Invariant[]]>([
    ['settle without the fence', bugs.withoutFence, stormyScenario, ['one holder', 'one answer']],
    ['one token per worker', bugs.oneTokenPerWorker, stormyScenario, ['one holder', 'one answer']],
    ['reply before settle', bugs.replyBeforeSettle, calmScenario, ['settle, then reply']],
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
});

/** The invariant that did not hold. The same scenarios in every run: a bug that is found is found again. */
async function caughtBy<T>(property: fc.IAsyncProperty<T>): Promise<Invariant> {
  const result = await fc.check(property, { seed: 1, numRuns: MOST_RUNS, endOnFailure: true });
  const { failed, numRuns, errorInstance } = result;
  if (!failed) throw new Error(`nothing was found in ${numRuns} runs`);
  if (!(errorInstance instanceof Violation)) throw errorInstance;
  console.log(`${expect.getState().currentTestName}: by "${errorInstance.invariant}" in run ${numRuns}`);
  return errorInstance.invariant;
}
