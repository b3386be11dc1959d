import { INFERENCE_CLASS, messageOf, MODEL_UPDATE_CLASS } from '@sluice/contracts';
import { parseShare, type ShareClass } from '@sluice/scheduling';
import type { z } from 'zod';
import type { workerSettings } from './settings.js';

export interface SchedulingConfig {
  /** What shares the device, and how. */
  readonly classes: readonly ShareClass[];
  readonly sliceMs: number;
  readonly profile: 'auto' | 'off';
  readonly raiseAfterMs: number;
}

type SchedulingEnvironment = Pick<
  z.infer<typeof workerSettings>,
  | 'SLUICE_SHARE'
  | 'SLUICE_LATENCY_CRITICAL'
  | 'SLUICE_SHARE_CREDIT_MS'
  | 'SLUICE_SLICE_MS'
  | 'SLUICE_PROFILE'
  | 'SLUICE_RAISE_AFTER_MS'
>;

/** @throws Error naming the variable that is wrong and what it accepts */
export function compileScheduling(env: SchedulingEnvironment): SchedulingConfig {
  const shares = named('SLUICE_SHARE', () => parseShare(env.SLUICE_SHARE));
  const names = shares.map(({ name }) => name);
  for (const required of [INFERENCE_CLASS, MODEL_UPDATE_CLASS])
    if (!names.includes(required))
      throw new Error(`SLUICE_SHARE: expected a weight for ${required} too, for example ${required}:30`);
  const critical = env.SLUICE_LATENCY_CRITICAL.split(',').map((name) => name.trim());
  const unknown = critical.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new Error(
      `SLUICE_LATENCY_CRITICAL: there is no class "${unknown}", expected some of ${names.join(', ')} (of SLUICE_SHARE)`,
    );
  return {
    classes: shares.map(({ name, weight }) => ({
      name,
      weight,
      creditMs: critical.includes(name) ? env.SLUICE_SHARE_CREDIT_MS : 0,
    })),
    sliceMs: env.SLUICE_SLICE_MS,
    profile: env.SLUICE_PROFILE,
    raiseAfterMs: env.SLUICE_RAISE_AFTER_MS,
  };
}

function named<T>(setting: string, compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    throw new Error(`${setting}: ${messageOf(error)}`, { cause: error });
  }
}
