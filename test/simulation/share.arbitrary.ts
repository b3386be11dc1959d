import fc from 'fast-check';
import { QUIET, type Arrival, type Scenario } from './scenario.js';

/** Two classes of inference with weights of their own, and requests enough to keep one device busy for seconds. */
export interface ShareCase {
  readonly scenario: Scenario;
  readonly weights: readonly [number, number];
  /** From then on both classes want the device. */
  readonly bothFromMs: number;
}

const CLASSES = ['inference', 'bulk'] as const;
/** For how long both want the device. */
const SATURATED_MS = 4_000;

export const shareCase: fc.Arbitrary<ShareCase> = fc
  .record({
    seed: fc.nat(),
    costs: fc.tuple(fc.integer({ min: 10, max: 60 }), fc.integer({ min: 10, max: 60 })),
    weights: fc.constantFrom<readonly [number, number]>([70, 30], [50, 50], [90, 10], [20, 80]),
    lullMs: fc.constantFrom(0, 500, 3_000),
  })
  .map(({ seed, costs, weights, lullMs }) => ({
    weights,
    bothFromMs: lullMs,
    scenario: {
      ...QUIET,
      seed,
      workers: 1,
      models: CLASSES.map((shareClass, index) => ({
        fixedMs: costs[index] ?? 1,
        perRowMs: 0,
        maxBatchSize: 1,
        shareClass,
      })),
      requests: [
        saturating(0, lullMs, Math.ceil(SATURATED_MS / costs[0])),
        saturating(1, 0, Math.ceil((SATURATED_MS + lullMs) / costs[1])),
      ],
      settings: {
        SLUICE_PROFILE: 'off',
        SLUICE_SHARE: `inference:${weights[0]},bulk:${weights[1]},model-update:1`,
      },
    },
  }));

function saturating(model: number, atMs: number, copies: number): Arrival {
  return { atMs, copies, model, rows: 1, width: 2, level: 1, timeoutMs: undefined, fate: 'answer' };
}
