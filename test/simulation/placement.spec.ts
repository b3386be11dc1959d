import fc from 'fast-check';
import { effort } from './effort.js';
import {
  disturbedScenario,
  longRuns,
  pausedCoordinators,
  shiftingScenario,
  steadyScenario,
} from './placement.arbitrary.js';
import { expectRest } from './placement.property.js';
import { Simulation } from './simulation.js';

describe('more models than fit into the memory of the workers, in virtual time', () => {
  it('keep the invariants while what is asked for changes', async () => {
    const most = { loads: 0, refusals: 0, comebacks: 0, uncoveredMs: 0, runs: 0 };
    const property = fc.asyncProperty(shiftingScenario, async (scenario) => {
      const { placement } = await new Simulation(scenario).run();
      most.runs++;
      most.loads += placement.loads.length;
      most.refusals += placement.refusals;
      most.comebacks += placement.comebacks;
      most.uncoveredMs = Math.max(most.uncoveredMs, placement.longestUncoveredMs);
    });
    await fc.assert(property, effort(0.04));
    console.log(JSON.stringify(most));
    expect(most.loads).toBeGreaterThan(most.runs);
    expect(most.comebacks).toBeGreaterThan(0);
  }, 100_000);

  it('keep them while coordinators and loading workers die at any of their calls, or stand still', async () => {
    let terms = 0;
    let runs = 0;
    const property = fc.asyncProperty(disturbedScenario, async (scenario) => {
      terms += (await new Simulation(scenario).run()).placement.terms;
      runs++;
    });
    await fc.assert(property, effort(0.05));
    expect(terms).toBeGreaterThan(runs);
  }, 100_000);

  it('take no decision from a coordinator that stood still in the middle of it while another took over', async () => {
    const property = fc.asyncProperty(pausedCoordinators, async (scenario) => {
      expect((await new Simulation(scenario).run()).placement.terms).toBeGreaterThan(0);
    });
    await fc.assert(property, effort(0.015));
  }, 100_000);

  it('keep a model for as long as a run of it takes, however much others are asked for', async () => {
    const property = fc.asyncProperty(longRuns, async (scenario) => {
      const { placement } = await new Simulation(scenario).run();
      expect(new Set(placement.loads.map(({ queue }) => queue)).size).toBe(2);
    });
    await fc.assert(property, effort(0.005));
  }, 100_000);

  it('come to rest: nothing is moved any more while the demand stays as it is', async () => {
    let loads = 0;
    const property = fc.asyncProperty(steadyScenario, async (scenario) => {
      loads += (await expectRest(scenario)).placement.loads.length;
    });
    await fc.assert(property, effort(0.015));
    expect(loads).toBeGreaterThan(0);
  }, 100_000);
});
