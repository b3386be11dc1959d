import type { Rollout } from '@sluice/contracts';
import { introductionOf } from './fleet-sight.js';
import type { RolloutWorld } from './rollout-world.js';

/** Why a rollout, in whatever phase before its end, must go back; undefined: it need not. */
export function findFault(rollout: Rollout, world: RolloutWorld): string | undefined {
  if (rollout.asked === 'roll-back') return 'somebody asked for it';
  return meddling(rollout, world) ?? failedIntroduction(rollout, world);
}

/** It is live, and there is nothing to go back to. */
export function isPastReturn({ phase, version, from }: Rollout, { registry }: RolloutWorld): boolean {
  return phase === 'promote' && registry.live === version && from === undefined;
}

/** Somebody else changes the same model: two that undo each other would never end. */
function meddling(rollout: Rollout, { registry }: RolloutWorld): string | undefined {
  const { version, from, phase, proposedAfter } = rollout;
  const { live, candidate } = registry;
  if (phase === 'promote') {
    if (live === version || (live === from && candidate === version)) return undefined;
    return `version ${live ?? 'none'} was made live by somebody else while version ${version} was promoted`;
  }
  if (from === version) return `version ${version} is live already`;
  if (live !== from)
    return `version ${live ?? 'none'} is live, and ${from ?? 'none'} was when it began: somebody else changed it. Begin again`;
  if (candidate !== undefined && (candidate !== version || proposedAfter === undefined))
    return `version ${candidate} is a candidate already: promote or withdraw it, and begin again`;
  const isProposed = phase === 'golden' || phase === 'canary';
  return isProposed && candidate !== version ? `version ${version} was withdrawn by somebody else` : undefined;
}

function failedIntroduction(rollout: Rollout, { workers }: RolloutWorld): string | undefined {
  for (const worker of workers) {
    const introduction = introductionOf(worker, rollout);
    if (introduction?.stage !== 'failed') continue;
    return `worker ${worker.id} could not bring it into service: ${introduction.reason ?? 'see its log'}`;
  }
  return undefined;
}
