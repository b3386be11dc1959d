import { QUIET } from './scenario.js';
import { OPENING_MS, Simulation } from './simulation.js';

const SLICE_MS = 10;
/** Leasing, packing and handing over; the next update may be taken up before, which needs Redis several times. */
const HAND_OVER_MS = 12;
const EVERY_MS = 41;

/** How long each request waited to be run, beside updates that never end, in ms. */
async function waits(runMs: number): Promise<number[]> {
  const alike = { copies: 1, model: 0, rows: 1, width: 2, level: 1, timeoutMs: undefined, fate: 'answer' as const };
  const requests = Array.from({ length: 50 }, (_, index) => ({ atMs: index * EVERY_MS, ...alike }));
  const { runs } = await new Simulation({
    ...QUIET,
    seed: 1,
    workers: 1,
    models: [{ fixedMs: runMs, perRowMs: 0, maxBatchSize: 1 }],
    requests,
    profilesPerWorker: 30,
    settings: { SLUICE_PROFILE: 'off' },
  }).run();
  const started = runs
    .filter((run) => run.requests.length > 0)
    .flatMap(({ startedAt, requests: ran }) => ran.map(() => startedAt));
  expect(started).toHaveLength(requests.length);
  return requests.map(({ atMs }, index) => started[index]! - OPENING_MS - atMs);
}

describe('a request beside updates in slices, in virtual time', () => {
  // A slice of runs of 7 ms is one run; one of 5 ms ends when a second one would be too long, or just not.
  it.each([1, 3, 4, 5, 5.5, 6, 6.5, 7, 9, 11])(
    'waits for one of them at most when a run takes %d ms',
    async (runMs) => {
      const waited = await waits(runMs);
      expect(Math.max(...waited)).toBeLessThan(Math.max(SLICE_MS, runMs) + HAND_OVER_MS);
    },
  );
});
