import fc from 'fast-check';
import { crash } from './scenario.arbitrary.js';
import { QUIET, type Arrival, type Scenario, type SimulatedModel } from './scenario.js';
import { NO_FAULTS, type FaultRates } from './world/fault-layer.js';

const MOST_WORKERS = 3;
/** Until it is over a popularity lasts: longer than a model has to be asked for by nobody before it makes room. */
const PHASE_MS = 16_000;
/** The coordinator's. */
const BEAT_MS = 2_000;
/** By then the API has looked who is there. */
const KNOWN_AFTER_MS = 1_000;

const worker = fc.nat(MOST_WORKERS - 1);

const model: fc.Arbitrary<SimulatedModel> = fc.record({
  fixedMs: fc.integer({ min: 1, max: 30 }),
  perRowMs: fc.constantFrom(0, 2),
  maxBatchSize: fc.constantFrom(8, 1),
  bytes: fc.integer({ min: 1, max: 3 }),
  loadMs: fc.constantFrom(50, 500, 1_500, 4_000),
});

const timeoutMs = fc.constantFrom(undefined, undefined, 2_000, 5_000);

/** More models than fit, of which some are asked for at a time, and others later. */
const shifting = fc
  .record({
    seed: fc.nat(),
    workers: fc.integer({ min: 1, max: MOST_WORKERS }),
    models: fc.array(model, { minLength: 2, maxLength: 5 }),
    budget: fc.integer({ min: 3, max: 6 }),
    minWorkers: fc.constantFrom(1, 1, 2),
    popular: fc.array(fc.uniqueArray(fc.nat(4), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 2 }),
    everyMs: fc.constantFrom(700, 1_900),
    timeoutMs,
  })
  .map(({ budget, minWorkers, popular, everyMs, timeoutMs: longest, ...drawn }): Scenario => {
    const requests = popular.flatMap((models, phase) =>
      models.flatMap((each) => asking(each % drawn.models.length, phase * PHASE_MS, PHASE_MS, everyMs, longest)),
    );
    return { ...QUIET, ...drawn, requests, settings: limited(budget, minWorkers) };
  });

/** Nothing goes wrong; what is asked for changes. */
export const shiftingScenario: fc.Arbitrary<Scenario> = shifting;

/** Around a beat, at which decisions are made. */
const nearBeat = fc
  .tuple(fc.integer({ min: 1, max: 10 }), fc.double({ min: 0, max: 12, noNaN: true }))
  .map(([beat, ms]) => Math.max(0, beat * BEAT_MS - 200 + ms));

const rates: fc.Arbitrary<FaultRates> = fc.record({
  resend: fc.constantFrom(0, 0.02),
  lostWakeUp: fc.constantFrom(0, 0.3),
  lostReply: fc.constantFrom(0, 0.1),
  slow: fc.constantFrom(0, 0.05),
});

/** The coordinator and workers that load die, at any of their calls, or stand still in the middle of a decision. */
export const disturbedScenario: fc.Arbitrary<Scenario> = fc
  .record({
    scenario: shifting,
    rates: fc.oneof(fc.constant(NO_FAULTS), rates),
    crashes: fc.array(
      fc.oneof(
        crash,
        fc.record({
          worker,
          when: fc.record({
            call: fc.integer({ min: 20, max: 600 }),
            moment: fc.constantFrom('before' as const, 'after' as const),
          }),
          restartAfterMs: fc.integer({ min: 0, max: 2_000 }),
        }),
        fc.record({ worker, when: fc.record({ atMs: nearBeat }), restartAfterMs: fc.constant(500) }),
      ),
      { maxLength: 3 },
    ),
    freezes: fc.array(fc.record({ worker, atMs: nearBeat, forMs: fc.integer({ min: 1_000, max: 10_000 }) }), {
      maxLength: 2,
    }),
  })
  .map(({ scenario, ...faults }) => ({ ...scenario, ...faults }));

/** Coordinators that stand still while they decide, for longer than their term, while there is something to decide. */
export const pausedCoordinators: fc.Arbitrary<Scenario> = fc
  .record({ scenario: shifting, atMs: fc.nat(PHASE_MS), forMs: fc.integer({ min: 5_000, max: 12_000 }) })
  .map(({ scenario, atMs, forMs }) => ({
    ...scenario,
    workers: MOST_WORKERS,
    freezes: Array.from({ length: MOST_WORKERS }, (_, index) => ({ worker: index, atMs, forMs, inCall: 'assign' })),
  }));

/** A run that goes on when nobody has asked for its model for long, and another model that would have its place. */
export const longRuns: fc.Arbitrary<Scenario> = fc
  .record({ seed: fc.nat(), runMs: fc.integer({ min: 20_000, max: 30_000 }), loadMs: fc.constantFrom(50, 1_500) })
  .map(({ seed, runMs, loadMs }) => ({
    ...QUIET,
    seed,
    workers: 1,
    models: [runMs, 5].map((fixedMs) => ({ fixedMs, perRowMs: 0, maxBatchSize: 1, bytes: 2, loadMs })),
    requests: [...asking(0, 0, 1, 1, undefined), ...asking(1, 4_000, 2 * PHASE_MS, 900, undefined)],
    settings: limited(3, 1),
  }));

/** From when on nothing is to be moved any more. */
export const SETTLED_AFTER_MS = 24_000;
const STEADY_MS = 40_000;

/** A demand that does not change, for more models than fit or for fewer. */
export const steadyScenario: fc.Arbitrary<Scenario> = fc
  .record({
    seed: fc.nat(),
    workers: fc.integer({ min: 2, max: MOST_WORKERS }),
    models: fc.array(model, { minLength: 3, maxLength: 5 }),
    budget: fc.integer({ min: 3, max: 5 }),
    everyMs: fc.constantFrom(900, 1_900),
  })
  .map(({ budget, everyMs, ...drawn }) => ({
    ...QUIET,
    ...drawn,
    requests: drawn.models.flatMap((_, index) => asking(index, 0, STEADY_MS, everyMs, undefined, false)),
    settings: limited(budget, 1),
  }));

function limited(budget: number, minWorkers: number): Scenario['settings'] {
  return {
    SLUICE_PROFILE: 'off',
    SLUICE_MODEL_MEMORY: String(budget),
    SLUICE_MIN_WORKERS_PER_MODEL: String(minWorkers),
  };
}

/** One request every so often. */
function asking(
  index: number,
  fromMs: number,
  forMs: number,
  everyMs: number,
  longest: number | undefined,
  comesAgain = true,
): Arrival[] {
  return Array.from({ length: Math.floor(forMs / everyMs) }, (_, count) => ({
    atMs: KNOWN_AFTER_MS + fromMs + 50 * index + count * everyMs,
    copies: 1,
    model: index,
    rows: 1,
    width: 2,
    level: 1,
    timeoutMs: longest,
    fate: 'answer',
    comesAgain,
  }));
}
