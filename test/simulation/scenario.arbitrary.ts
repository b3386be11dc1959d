import fc from 'fast-check';
import { QUIET, type Arrival, type Crash, type Fate, type Scenario, type SimulatedModel } from './scenario.js';
import type { FaultRates } from './world/fault-layer.js';

/** Beyond it nothing is sent, and nothing new goes wrong. */
const LAST_MS = 3_000;
const MOST_WORKERS = 4;
const CROWDED_MS = 6_000;
const CROWD_EVERY_MS = 100;

const ms = (max: number) => fc.integer({ min: 0, max });

const model: fc.Arbitrary<SimulatedModel> = fc.record({
  fixedMs: fc.integer({ min: 1, max: 40 }),
  perRowMs: fc.integer({ min: 0, max: 5 }),
  maxBatchSize: fc.constantFrom(8, 4, 1, 0),
});

/** Mostly undefined: a request that waits as long as it takes shows whatever gets lost. */
const timeoutMs = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.integer({ min: 5, max: 2_000 }) },
);

const fate = fc.oneof(
  { weight: 30, arbitrary: fc.constant<Fate>('answer') },
  { weight: 2, arbitrary: fc.constant<Fate>('fail') },
);

const arrival: fc.Arbitrary<Arrival> = fc.record({
  atMs: fc.oneof(ms(LAST_MS), ms(50)),
  copies: fc.integer({ min: 1, max: 6 }),
  model: fc.nat(2),
  rows: fc.integer({ min: 1, max: 8 }),
  width: fc.integer({ min: 2, max: 3 }),
  level: fc.integer({ min: 1, max: 5 }),
  timeoutMs,
  fate,
});

const calm = fc.record({
  seed: fc.nat(),
  workers: fc.integer({ min: 1, max: MOST_WORKERS }),
  models: fc.array(model, { minLength: 1, maxLength: 3 }),
  requests: fc.array(arrival, { minLength: 1, maxLength: 12 }),
  costNoise: fc.constantFrom(0, 0.3, 3),
});

const worker = fc.nat(MOST_WORKERS - 1);

export const crash: fc.Arbitrary<Crash> = fc.record({
  worker,
  when: fc.oneof(
    fc.record({ atMs: ms(LAST_MS) }),
    fc.record({ call: fc.integer({ min: 1, max: 120 }), moment: fc.constantFrom('before', 'after') }),
  ),
  restartAfterMs: fc.integer({ min: 0, max: 2_000 }),
});

const rates: fc.Arbitrary<FaultRates> = fc.record({
  resend: fc.constantFrom(0, 0.02, 0.2),
  lostWakeUp: fc.constantFrom(0, 0.3, 1),
  lostReply: fc.constantFrom(0, 0.1, 1),
  slow: fc.constantFrom(0, 0.05),
});

/** One request that crashes whatever device it runs on, in some of the scenarios. */
const poison = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Arrival[]>([]) },
  { weight: 1, arbitrary: arrival.map((each): Arrival[] => [{ ...each, copies: 1, fate: 'crash' }]) },
);

/** Nothing goes wrong, but for requests that fail and runs that take longer than expected. */
export const calmScenario: fc.Arbitrary<Scenario> = calm.map((drawn) => {
  return { ...QUIET, ...drawn, requests: fitted(drawn.requests, drawn.models), settings: { SLUICE_PROFILE: 'off' } };
});

/** Workers die, stop, come back and are replaced; calls, wake-ups and replies are lost or come late. */
export const stormyScenario: fc.Arbitrary<Scenario> = fc
  .record({
    calm,
    poison,
    rates,
    crashes: fc.array(crash, { maxLength: 2 }),
    freezes: fc.array(fc.record({ worker, atMs: ms(LAST_MS), forMs: fc.integer({ min: 1, max: 6_000 }) }), {
      maxLength: 2,
    }),
    drains: fc.array(fc.record({ worker, atMs: ms(LAST_MS) }), { maxLength: 1 }),
    clockJumps: fc.array(fc.record({ worker, atMs: ms(LAST_MS), byMs: fc.integer({ min: -500, max: 500 }) }), {
      maxLength: 1,
    }),
    profile: fc.constantFrom('off', 'off', 'off', 'auto'),
  })
  .map(({ calm: { requests, ...drawn }, poison: bad, profile, ...faults }) => ({
    ...QUIET,
    ...drawn,
    ...faults,
    requests: fitted([...requests, ...bad], drawn.models),
    settings: { SLUICE_PROFILE: profile },
  }));

/** Nothing goes wrong but that workers die. */
export const crashingScenario: fc.Arbitrary<Scenario> = fc
  .tuple(calmScenario, fc.array(crash, { minLength: 2, maxLength: 2 }))
  .map(([scenario, crashes]) => ({ ...scenario, crashes }));

/** Nothing goes wrong but that workers are stopped for longer than a lease lasts. */
export const freezingScenario: fc.Arbitrary<Scenario> = fc
  .tuple(
    calmScenario,
    fc.array(fc.record({ worker, atMs: ms(LAST_MS), forMs: fc.integer({ min: 3_000, max: 6_000 }) }), {
      minLength: 2,
      maxLength: 4,
    }),
  )
  .map(([scenario, freezes]) => ({ ...scenario, freezes }));

/** Nothing goes wrong but that workers are told to end while they have work. */
export const drainingScenario: fc.Arbitrary<Scenario> = fc
  .tuple(calmScenario, fc.array(fc.record({ worker, atMs: ms(LAST_MS) }), { minLength: 1, maxLength: 4 }))
  .map(([scenario, drains]) => ({ ...scenario, drains }));

/**
 * One worker that gets more urgent requests for one model than it can run, and beside them a few that others are always
 * ahead of: of a lower level, or for another model and with no deadline near.
 */
export const crowdedScenario: fc.Arbitrary<Scenario> = fc
  .record({ seed: fc.nat(), fixedMs: fc.integer({ min: 30, max: 60 }), level: fc.integer({ min: 2, max: 5 }) })
  .map(({ seed, fixedMs, level }) => {
    const one = { fixedMs, perRowMs: 0, maxBatchSize: 1 };
    const alike = { model: 0, rows: 1, width: 2, level: 1, fate: 'answer' as const };
    const urgent = Array.from({ length: CROWDED_MS / CROWD_EVERY_MS }, (_, index): Arrival => {
      const copies = Math.ceil((1.5 * CROWD_EVERY_MS) / fixedMs);
      return { ...alike, atMs: index * CROWD_EVERY_MS, copies, timeoutMs: CROWDED_MS };
    });
    const patient = [
      { ...alike, atMs: 150, copies: 2, level, timeoutMs: undefined },
      { ...alike, atMs: 150, copies: 2, model: 1, timeoutMs: undefined },
    ];
    return {
      ...QUIET,
      seed,
      workers: 1,
      models: [one, one],
      requests: [...urgent, ...patient],
      settings: { SLUICE_PROFILE: 'off', SLUICE_RAISE_AFTER_MS: '500' },
    };
  });

/** Requests for models that are there, with no more rows than these take. */
function fitted(requests: readonly Arrival[], models: readonly SimulatedModel[]): Arrival[] {
  return requests.map((request) => {
    const index = request.model % models.length;
    return { ...request, model: index, rows: Math.min(request.rows, Math.max(1, models[index]?.maxBatchSize ?? 1)) };
  });
}
