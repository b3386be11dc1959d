import { QUIET, type Scenario } from './scenario.js';
import { OPENING_MS, Simulation } from './simulation.js';

const BURST: Omit<Scenario, 'requests'> = {
  ...QUIET,
  seed: 1,
  workers: 4,
  models: [{ fixedMs: 5, perRowMs: 1, maxBatchSize: 32 }],
};
/** By then the model has been profiled: a worker that does not know what its run costs leases early, and counts twice. */
const BURST_AT_MS = 5_000;

/** All requests at once, and what the workers ran of them. */
async function burst(copies: number, seed: number) {
  const alike = { model: 0, rows: 1, width: 2, level: 1, timeoutMs: undefined, fate: 'answer' as const };
  const seen = await new Simulation({ ...BURST, seed, requests: [{ atMs: BURST_AT_MS, copies, ...alike }] }).run();
  const runs = seen.runs.filter(({ requests }) => requests.length > 0);
  const first = ['w1', 'w2', 'w3', 'w4'].map((name) => runs.find(({ device }) => device === name));
  return {
    runs,
    first,
    startedAfterMs: first.map((run) => (run ? run.startedAt - OPENING_MS - BURST_AT_MS : Infinity)),
  };
}

describe('a burst at four idle workers, in virtual time', () => {
  const seeds = Array.from({ length: 20 }, (_, index) => index);

  it('of 32 requests is shared in fair parts', async () => {
    for (const seed of seeds) {
      const { runs, first } = await burst(32, seed);
      expect(first.map((run) => run?.requests.length)).toEqual([8, 8, 8, 8]);
      expect(runs).toHaveLength(4);
    }
  });

  it('of 200 requests has all four running within ten calls of a worker', async () => {
    for (const seed of seeds) {
      const { first, startedAfterMs } = await burst(200, seed);
      expect(Math.max(...startedAfterMs)).toBeLessThan(8);
      for (const run of first) expect(run?.requests.length).toBeGreaterThanOrEqual(25);
    }
  });
});
