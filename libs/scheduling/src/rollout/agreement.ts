import type { Rollout } from '@sluice/contracts';
import { hasOnDemand, holds, idsOf, isReady } from './fleet-sight.js';
import { noted } from './rollout-events.js';
import type { RolloutWorld, WorkerSight } from './rollout-world.js';

/** Serving workers that do not serve what is live, or hold a version that is not in service any more. */
export function behindPromotion({ version }: Rollout, { workers }: RolloutWorld): string[] {
  const lagsBehind = (worker: WorkerSight) =>
    worker.models.some((report) => report.version !== version && holds(worker, report.version)) ||
    (!isReady(worker, version) && !hasOnDemand(worker, version));
  return idsOf(workers.filter((worker) => worker.state === 'serving' && lagsBehind(worker)));
}

/** Serving workers that hold what was rolled back, or gave up the live version for it and have not loaded that again. */
export function behindWithdrawal({ version }: Rollout, { workers, registry }: RolloutWorld): string[] {
  const { live, exchange } = registry;
  if (live === version) return [];
  const lagsBehind = (worker: WorkerSight) =>
    holds(worker, version) ||
    (live !== undefined && exchange.includes(worker.id) && !isReady(worker, live) && !hasOnDemand(worker, live));
  return idsOf(workers.filter((worker) => worker.state === 'serving' && lagsBehind(worker)));
}

/** The end. @param behind workers that are not waited for any longer */
export function ended(
  rollout: Rollout,
  phase: 'promoted' | 'rolled-back',
  world: RolloutWorld,
  behind: readonly string[],
): Rollout {
  const alive = new Set(world.workers.map(({ id }) => id));
  const gone = rollout.workers.filter((id) => !alive.has(id));
  const absent = [...new Set([...gone, ...behind])].toSorted();
  const without = absent.length === 0 ? 'the workers alive agree' : `without ${absent.join(', ')}, who will follow`;
  const end = { ...rollout, phase, phaseSince: world.now, progress: undefined, asked: undefined, paused: false };
  return noted({ ...end, absent, endedAt: world.now }, world.now, `${phase}: ${without}`);
}
