import fc from 'fast-check';
import { calmScenario, crash, stormyScenario } from './scenario.arbitrary.js';
import { QUIET, type Arrival, type Scenario } from './scenario.js';

const MOST_WORKERS = 4;
const CROWDED_MS = 10_000;
const CROWD_EVERY_MS = 100;

const worker = fc.nat(MOST_WORKERS - 1);

/** Whom requests belong to: all to one worker, each to one of its own, or some to nobody. */
const owners = fc.oneof(
  worker.map((one) => [one]),
  fc.array(worker, { minLength: 2, maxLength: 12 }),
  fc.array(fc.option(worker, { nil: undefined }), { minLength: 2, maxLength: 12 }),
);

/** What a request costs less at its owner. */
const savesMs = fc.constantFrom(0, 5, 50, 500);

/** The same scenario with models that have own queues, and requests that are put there. */
function owned(scenarios: fc.Arbitrary<Scenario>): fc.Arbitrary<Scenario> {
  return fc.record({ scenario: scenarios, owners, savesMs }).map((drawn) => {
    const { requests, models, workers } = drawn.scenario;
    const ownerOf = (index: number) => {
      const owner = drawn.owners[index % drawn.owners.length];
      return owner === undefined ? undefined : owner % workers;
    };
    return {
      ...drawn.scenario,
      models: models.map((model) => ({ ...model, savesMs: drawn.savesMs })),
      requests: requests.map((request, index) => ({ ...request, owner: ownerOf(index) })),
    };
  });
}

/** Nothing goes wrong, but requests wait for one worker while others have nothing to do. */
export const calmOwned = owned(calmScenario);

/** Everything goes wrong that can. */
export const stormyOwned = owned(stormyScenario);

/** A heap of work in the queue of one worker, and three more that have nothing to do. */
export const heapScenario: fc.Arbitrary<Scenario> = fc
  .record({
    seed: fc.nat(),
    owner: worker,
    fixedMs: fc.integer({ min: 5, max: 40 }),
    maxBatchSize: fc.constantFrom(1, 4, 8),
    batches: fc.integer({ min: 16, max: 40 }),
    savesMs: fc.constantFrom(0, 5, 20),
  })
  .map(({ seed, owner, fixedMs, maxBatchSize, batches, savesMs: saved }) => ({
    ...QUIET,
    seed,
    workers: MOST_WORKERS,
    models: [{ fixedMs, perRowMs: 0, maxBatchSize, savesMs: saved }],
    requests: [heap(owner, batches * maxBatchSize)],
    settings: { SLUICE_PROFILE: 'off' },
  }));

/** The same, and the victim and two of its thieves die: at any of their calls, with what they hold. */
export const robbedScenario: fc.Arbitrary<Scenario> = fc
  .tuple(heapScenario, fc.array(crash, { minLength: 3, maxLength: 3 }))
  .map(([scenario, crashes]) => {
    const victim = scenario.requests[0]?.owner ?? 0;
    return {
      ...scenario,
      crashes: crashes.map((each, index) => ({ ...each, worker: (victim + index) % MOST_WORKERS })),
    };
  });

/** When the worker dies that `orphanScenario` is about. */
export const ORPHANED_AT_MS = 500;

/** A worker dies with work in its own queue, and the other one gets more from everybody than it can run. */
export const orphanScenario: fc.Arbitrary<Scenario> = fc
  .record({ seed: fc.nat(), fixedMs: fc.integer({ min: 30, max: 60 }), copies: fc.integer({ min: 1, max: 20 }) })
  .map(({ seed, fixedMs, copies }) => {
    const crowd = Array.from({ length: CROWDED_MS / CROWD_EVERY_MS }, (_, index) => ({
      ...heap(undefined, Math.ceil((1.5 * CROWD_EVERY_MS) / fixedMs)),
      atMs: index * CROWD_EVERY_MS,
    }));
    return {
      ...QUIET,
      seed,
      workers: 2,
      models: [{ fixedMs, perRowMs: 0, maxBatchSize: 1, savesMs: 5 }],
      requests: [...crowd, { ...heap(0, copies), atMs: ORPHANED_AT_MS - 1 }],
      crashes: [{ worker: 0, when: { atMs: ORPHANED_AT_MS }, restartAfterMs: CROWDED_MS }],
      settings: { SLUICE_PROFILE: 'off' },
    };
  });

function heap(owner: number | undefined, copies: number): Arrival {
  return { atMs: 1_500, copies, model: 0, rows: 1, width: 2, level: 1, timeoutMs: undefined, fate: 'answer', owner };
}
