import fc from 'fast-check';
import { CALM, type RolloutScenario } from './rollout-scenario.js';

/** Longer than a rollout takes that nothing disturbs. */
const SPAN_MS = 12_000;

const worker = fc.nat(3);
const atMs = fc.integer({ min: 0, max: SPAN_MS });
const seed = fc.integer({ min: 1, max: 1e6 });

export const calmRollout: fc.Arbitrary<RolloutScenario> = fc.record({
  seed,
  workers: fc.integer({ min: 1, max: 4 }),
  slower: fc.constantFrom(1, 1, 5),
  isBroken: fc.constant(false),
  crashes: fc.constant(CALM.crashes),
  freezes: fc.constant(CALM.freezes),
  lostReply: fc.constant(0),
  resend: fc.constant(0),
});

/** Workers die and are stopped at any time, calls take effect twice, replies get lost, an operator changes his mind. */
export const stormyRollout: fc.Arbitrary<RolloutScenario> = fc.record({
  seed,
  workers: fc.integer({ min: 2, max: 4 }),
  slower: fc.constantFrom(1, 1, 1, 5),
  isBroken: fc.integer({ min: 1, max: 8 }).map((draw) => draw === 8),
  crashes: fc.array(fc.record({ worker, atMs, restartAfterMs: fc.integer({ min: 100, max: 6_000 }) }), {
    maxLength: 4,
  }),
  freezes: fc.array(fc.record({ worker, atMs, forMs: fc.integer({ min: 100, max: 6_000 }) }), { maxLength: 2 }),
  lostReply: fc.constantFrom(0, 0.2),
  resend: fc.constantFrom(0, 0.2),
  instruction: fc.option(
    fc.record({ atMs, what: fc.constantFrom('promote' as const, 'roll-back' as const, 'roll-back' as const) }),
    { nil: undefined, freq: 3 },
  ),
});
