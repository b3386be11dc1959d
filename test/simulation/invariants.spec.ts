import fc from 'fast-check';
import { effort } from './effort.js';
import { calmScenario, crowdedScenario, stormyScenario } from './scenario.arbitrary.js';
import type { Scenario } from './scenario.js';
import { Simulation, type Seen } from './simulation.js';

describe('the invariants of DESIGN.md section 8, in virtual time', () => {
  const total = { runs: 0, virtualMs: 0, steps: 0, requests: 0 };
  const startedAt = performance.now();

  async function run(scenario: Scenario): Promise<Seen> {
    const seen = await new Simulation(scenario).run();
    total.runs++;
    total.virtualMs += seen.virtualMs;
    total.steps += seen.steps;
    total.requests += seen.ended.length;
    return seen;
  }

  afterAll(() => {
    const seconds = (performance.now() - startedAt) / 1_000;
    console.log(
      `${total.runs} runs, ${total.requests} requests, ${Math.round(total.virtualMs / 1_000)} simulated s ` +
        `in ${seconds.toFixed(1)} s: ${(total.runs / seconds).toFixed(0)} runs/s, ${(total.steps / seconds).toFixed(0)} steps/s`,
    );
  });

  it('hold while nothing goes wrong, and no device is idle for longer than a wake-up takes', async () => {
    const property = fc.asyncProperty(calmScenario, async (scenario) => void (await run(scenario)));
    await fc.assert(property, effort(0.3));
    expect(total.requests).toBeGreaterThan(total.runs);
  }, 300_000);

  it('hold while workers die, stop and come back, and messages are lost', async () => {
    const property = fc.asyncProperty(stormyScenario, async (scenario) => void (await run(scenario)));
    await fc.assert(property, effort(0.45));
    expect(total.requests).toBeGreaterThan(total.runs);
  }, 300_000);

  it('hold while more urgent requests keep coming: no level and no queue is passed over for ever', async () => {
    const property = fc.asyncProperty(crowdedScenario, async (scenario) => {
      const { ended } = await run(scenario);
      const patient = ended.filter(({ request }) => request.timeoutMs === undefined);
      expect(patient).toHaveLength(4);
      for (const { endedAt, sentAt } of patient) expect(endedAt - sentAt).toBeLessThan(6_000);
    });
    await fc.assert(property, effort(0.02));
  }, 60_000);

  it('are checked in the same run when the same scenario is run again', async () => {
    for (const scenario of fc.sample(stormyScenario, { seed: 1, numRuns: 5 })) {
      const [one, other] = [await new Simulation(scenario).run(), await new Simulation(scenario).run()];
      expect(one).toEqual(other);
    }
  });
});
