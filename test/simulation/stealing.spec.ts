import fc from 'fast-check';
import { effort } from './effort.js';
import { Simulation } from './simulation.js';
import { calmOwned, heapScenario, orphanScenario, robbedScenario, stormyOwned } from './stealing.arbitrary.js';
import { expectAdopted, countStolen, expectShared } from './stealing.property.js';

describe('own queues and stealing, in virtual time', () => {
  it('keep the invariants while nothing goes wrong: what waits too long for one worker is stolen by an idle one', async () => {
    let stolen = 0;
    let mostAtOnce = 0;
    let longestMs = 0;
    const property = fc.asyncProperty(calmOwned, async (scenario) => {
      const seen = await new Simulation(scenario).run();
      stolen += countStolen(seen);
      mostAtOnce = Math.max(mostAtOnce, seen.searches.mostAtOnce);
      longestMs = Math.max(longestMs, seen.longestUnstolenMs);
    });
    await fc.assert(property, effort(0.12));
    console.log(`${stolen} requests stolen; idle beside them for ${longestMs.toFixed(0)} ms; ${mostAtOnce} at once`);
    expect(stolen).toBeGreaterThan(0);
  }, 100_000);

  it('keep them while workers die, stop and come back, and offers are lost', async () => {
    let stolen = 0;
    const property = fc.asyncProperty(stormyOwned, async (scenario) => {
      stolen += countStolen(await new Simulation(scenario).run());
    });
    await fc.assert(property, effort(0.12));
    expect(stolen).toBeGreaterThan(0);
  }, 100_000);

  it('keep them while victim and thieves die at any of their calls', async () => {
    let stolen = 0;
    const property = fc.asyncProperty(robbedScenario, async (scenario) => {
      stolen += countStolen(await new Simulation(scenario).run());
    });
    await fc.assert(property, effort(0.08));
    expect(stolen).toBeGreaterThan(0);
  }, 100_000);

  it('have a heap of one worker done by all four in about a quarter of the time', async () => {
    const ratios: number[] = [];
    const property = fc.asyncProperty(heapScenario, async (scenario) => {
      const seen = await expectShared(scenario);
      ratios.push(seen.tookMs / seen.idealMs);
      const { fixedMs = 1, maxBatchSize = 1, savesMs = 0 } = scenario.models[0] ?? {};
      const notWorthIt = Math.floor(savesMs / fixedMs) * maxBatchSize;
      expect(countStolen(seen)).toBeGreaterThan((seen.ended.length - notWorthIt) / 2);
    });
    await fc.assert(property, effort(0.03));
    const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
    console.log(`${ratios.length} heaps took ${least.toFixed(2)} to ${most.toFixed(2)} times the ideal`);
  }, 100_000);

  it('leave nothing of the dead behind, however busy the others are', async () => {
    let runs = 0;
    const property = fc.asyncProperty(orphanScenario, async (scenario) => {
      await expectAdopted(scenario);
      runs++;
    });
    await fc.assert(property, effort(0.03));
    expect(runs).toBeGreaterThan(0);
  }, 100_000);
});
