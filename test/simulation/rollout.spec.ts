import fc from 'fast-check';
import { effort } from './effort.js';
import * as bugs from './planted/rollout-bugs.js';
import type { RolloutPlants } from './rollout/rolled-worker.js';
import { calmRollout, stormyRollout } from './rollout/rollout-scenario.arbitrary.js';
import { CALM, type RolloutScenario } from './rollout/rollout-scenario.js';
import { RolloutSimulation } from './rollout/rollout-simulation.js';
import { Violation, type Invariant } from './witness/violation.js';

describe('rollouts, in virtual time', () => {
  it('take an equal version into service, and its share of the requests before', async () => {
    const { rollout, answers } = await new RolloutSimulation({ ...CALM, seed: 1 }).run();
    expect(rollout).toMatchObject({ phase: 'promoted', absent: [], canaryStep: 2 });
    const inCanary = answers.filter(({ sentAt }) => sentAt < rollout.phaseSince);
    const candidates = inCanary.filter(({ version }) => version === '2');
    expect(candidates.length).toBeGreaterThan(80);
    expect(candidates.length).toBeLessThan(inCanary.length / 2);
  });

  it('take one out that is slower, whose requests the live version answers', async () => {
    const { rollout, tookMs } = await new RolloutSimulation({ ...CALM, seed: 1, slower: 5 }).run();
    expect(rollout).toMatchObject({ phase: 'rolled-back', fault: { phase: 'canary' } });
    expect(rollout.fault?.reason).toContain('times as long');
    expect(tookMs).toBeLessThan(6_000);
  });

  it('take one back that cannot be loaded', async () => {
    const { rollout, answers } = await new RolloutSimulation({ ...CALM, seed: 1, isBroken: true }).run();
    expect(rollout).toMatchObject({ phase: 'rolled-back', fault: { phase: 'load' } });
    expect(answers.every(({ version }) => version === '1')).toBe(true);
  });

  it('end as they should, whatever the seed', async () => {
    const property = fc.asyncProperty(calmRollout, async (scenario) => {
      const { rollout } = await new RolloutSimulation(scenario).run();
      expect(rollout).toMatchObject({ phase: scenario.slower > 1 ? 'rolled-back' : 'promoted', absent: [] });
    });
    await fc.assert(property, effort(0.04));
  }, 100_000);

  it('lose no request and leave nobody behind, while workers die, are stopped, and answers get lost', async () => {
    const ends = { promoted: 0, 'rolled-back': 0 };
    const property = fc.asyncProperty(stormyRollout, async (scenario: RolloutScenario) => {
      const { rollout } = await new RolloutSimulation(scenario).run();
      if (rollout.phase === 'promoted' || rollout.phase === 'rolled-back') ends[rollout.phase]++;
    });
    await fc.assert(property, effort(0.25));
    console.log(`${ends.promoted} promoted, ${ends['rolled-back']} rolled back`);
    // Which of the two is the seed's matter: a busy machine makes few runs.
    expect(ends.promoted + ends['rolled-back']).toBeGreaterThan(0);
  }, 100_000);
});

/** Tests of the tests: a system with a bug in it must not pass. */
it.each<[string, RolloutPlants, Partial<RolloutScenario>, Invariant]>([
  [
    'nobody takes a rollout over',
    bugs.nobodyTakesOver(),
    { crashes: [{ worker: 0, atMs: 1_000, restartAfterMs: 500 }] },
    'termination',
  ],
  ['nobody answers for what was withdrawn', bugs.inheritsNothing(), { slower: 60 }, 'one answer'],
  ['nothing is ever retired', bugs.retiresNothing(), { slower: 5 }, 'termination'],
  ['changes are not made', bugs.changesNothing(), {}, 'termination'],
  ['a version is served in secret', bugs.servesInSecret(), {}, 'one live version'],
])(
  'a planted bug is caught: %s',
  async (_, plants, scenario, invariant) => {
    const failure = await new RolloutSimulation({ ...CALM, ...scenario, seed: 1 }, plants)
      .run()
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Violation);
    expect(failure).toMatchObject({ invariant });
  },
  60_000,
);
