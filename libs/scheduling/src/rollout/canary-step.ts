import type { Rollout } from '@sluice/contracts';
import { sumArms } from '../canary/arm.js';
import { compareArms } from '../canary/compare-arms.js';
import { progressed } from './progress.js';
import { entered, faulted, noted } from './rollout-events.js';
import { ask, only, wait, type RolloutStep } from './rollout-step.js';
import type { RolloutWorld } from './rollout-world.js';

/** The candidate gets a share of the requests, and a larger one, for as long as it answers as well as the live version. */
export function canaryStep(rollout: Rollout, world: RolloutWorld): RolloutStep {
  const { registry, now } = world;
  const { version, from, strategy, canaryStep: index, paused, asked } = rollout;
  const shares = sharesOf(strategy);
  const share = shares[index];
  if (asked === 'promote' && !paused) return only(promoting(rollout, now, 'the rest of the canary is left out'));
  if (from === undefined || share === undefined) {
    const why = from === undefined ? 'there is no live version to compare with' : 'none was asked for';
    return paused ? wait(rollout) : only(promoting(rollout, now, index > 0 ? 'it passed' : `no canary: ${why}`));
  }
  const changeId = `shift-${index}`;
  if (registry.canaryPercent !== share || registry.changeId !== `${rollout.id}-${changeId}`) {
    const reason = `step ${index + 1} of ${shares.length} of the canary`;
    return paused ? wait(rollout) : ask(rollout, { kind: 'shift', canaryPercent: share }, changeId, reason);
  }

  const next = progressed(rollout, `${share} % of the requests`, now);
  const armOf = (one: string) =>
    sumArms(world.arms.filter((arm) => arm.version === one && arm.generation === registry.generation));
  const { verdict, says } = compareArms(armOf(from), armOf(version), { ...strategy, steps: shares.length });
  if (verdict === 'breach') return only(faulted(next, now, says));
  if (paused) return only(next);
  const begun = next.progress?.at ?? now;
  if (verdict === 'pass') return only(passed(next, shares, now, `passed: ${says}`));
  if (now - begun >= strategy.maxStepMs)
    return only(passed(next, shares, now, `no breach in the time of a step: ${says}`));
  return only(next);
}

/** In percent. With none at first the candidate gets no requests until it is promoted. */
function sharesOf({ canaryPercent, steps }: Rollout['strategy']): number[] {
  return canaryPercent > 0 ? [canaryPercent, ...steps] : [];
}

function passed(rollout: Rollout, shares: readonly number[], now: number, message: string): Rollout {
  const { canaryStep: index } = rollout;
  const told = noted(rollout, now, `${shares[index]} % of the requests: ${message}`);
  return { ...told, canaryStep: index + 1, progress: undefined };
}

function promoting(rollout: Rollout, now: number, message: string): Rollout {
  return { ...entered(rollout, 'promote', now, message), asked: undefined };
}
