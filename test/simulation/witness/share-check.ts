import { modelName } from '../scenario.js';
import type { ShareCase } from '../share.arbitrary.js';
import type { Seen } from '../simulation.js';
import type { WitnessedRun } from './device-witness.js';

/** Device time that the latency-critical class may be ahead by: SLUICE_SHARE_CREDIT_MS as it is by default. */
export const CREDIT_MS = 500;

export interface ShareSeen {
  readonly usedMs: readonly [number, number];
  /** How far each class is behind its share; above what is allowed it is a violation. */
  readonly behindMs: readonly [number, number];
  readonly allowedMs: readonly [number, number];
}

/**
 * How the device was shared while both classes wanted it.
 *
 * The bound: over any such time each class gets its share of it, less one unit of either class. The class that is not
 * latency-critical may also be behind by its share of the credit of the other.
 */
export function shareSeen({ runs }: Seen, { weights, bothFromMs, scenario }: ShareCase, openingMs: number): ShareSeen {
  const own = [0, 1].map((index) => runs.filter(({ model }) => model === modelName(index)));
  // The last of a class is taken early: until then there is another behind it.
  const until = Math.min(...own.map((each) => each.at(-3)?.startedAt ?? 0));
  const from = openingMs + bothFromMs + Math.max(...scenario.models.map(({ fixedMs }) => fixedMs));
  const usedMs = own.map((each) => deviceMs(each, from, until)) as [number, number];
  const total = usedMs[0] + usedMs[1];
  const unitMs = scenario.models.reduce((sum, { fixedMs }) => sum + fixedMs, 0);
  const shares = weights.map((weight) => weight / (weights[0] + weights[1])) as [number, number];
  return {
    usedMs,
    behindMs: [shares[0] * total - usedMs[0], shares[1] * total - usedMs[1]],
    allowedMs: [unitMs, unitMs + shares[1] * CREDIT_MS],
  };
}

function deviceMs(runs: readonly WitnessedRun[], from: number, until: number): number {
  const inside = runs.filter(({ startedAt }) => startedAt >= from && startedAt < until);
  return inside.reduce((sum, { startedAt, endedAt = startedAt }) => sum + endedAt - startedAt, 0);
}
