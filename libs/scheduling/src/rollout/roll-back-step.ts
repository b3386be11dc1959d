import type { Rollout } from '@sluice/contracts';
import { behindWithdrawal, ended } from './agreement.js';
import { holds, idsOf } from './fleet-sight.js';
import { isStuck, progressed } from './progress.js';
import { entered } from './rollout-events.js';
import { ask, only, type RolloutStep } from './rollout-step.js';
import type { RolloutWorld } from './rollout-world.js';

/** The version that was live serves again, alone, and the rollout waits until the workers alive agree. */
export function rollBackStep(rollout: Rollout, world: RolloutWorld): RolloutStep {
  const { registry, now } = world;
  const { version, from, fault, proposedAfter } = rollout;
  const reason = fault?.reason ?? 'it was asked for';
  if (registry.candidate === version) return ask(rollout, { kind: 'withdraw' }, 'withdraw', reason);
  if (registry.live === version && fault?.phase === 'promote') {
    if (from !== undefined) return ask(rollout, { kind: 'serve', version: from }, 'return', reason);
    const message = 'it cannot go back: it is live by now, and no version was live before';
    return only({ ...entered(rollout, 'promote', now, message), fault: undefined });
  }
  // Somebody who saw this state may still propose the version. After any change of it that is refused.
  if (registry.generation === proposedAfter)
    return ask(rollout, { kind: 'exchange', workers: [] }, 'fence', `nobody may propose version ${version} any more`);

  const stranded = registry.live === undefined || registry.live === version ? [] : stay(rollout, world, registry.live);
  const behind = behindWithdrawal(rollout, world);
  const mark = `waits for ${behind.join(', ')}`;
  const next = progressed(rollout, mark, now);
  if (stranded.length > 0)
    return ask(next, { kind: 'exchange', workers: stranded }, `exchange-${registry.generation}`, reason);
  if (behind.length > 0 && !isStuck(next, mark, now)) return only(next);
  return only(ended(next, 'rolled-back', world, behind));
}

/** They hold the version that goes, do not even load the one that comes, and were not told that they may exchange them. */
function stay({ version }: Rollout, { workers, registry }: RolloutWorld, live: string): string[] {
  return idsOf(
    workers.filter(
      (worker) => holds(worker, version) && !holds(worker, live) && !registry.exchange.includes(worker.id),
    ),
  );
}
