import type { Rollout } from '@sluice/contracts';
import { noted } from './rollout-events.js';

export type Instruction = 'promote' | 'roll-back' | 'pause' | 'resume';

/**
 * A rollout after somebody's word. Undefined when the word changes nothing: it has ended, does so already, or goes back
 * and cannot be promoted any more. A roll-back is heard until the very end, and outweighs a promotion.
 */
export function instructed(rollout: Rollout, instruction: Instruction, by: string, at: number): Rollout | undefined {
  const { phase, asked } = rollout;
  if (rollout.endedAt !== undefined || phase === 'roll-back') return undefined;
  if (instruction === 'promote') {
    if (asked !== undefined || phase === 'promote') return undefined;
    return noted({ ...rollout, asked: 'promote', paused: false }, at, `${by} says: promote`);
  }
  if (instruction === 'roll-back') {
    if (asked === 'roll-back') return undefined;
    return noted({ ...rollout, asked: 'roll-back', paused: false }, at, `${by} says: roll back`);
  }
  const paused = instruction === 'pause';
  return rollout.paused === paused ? undefined : noted({ ...rollout, paused }, at, `${by} says: ${instruction}`);
}
