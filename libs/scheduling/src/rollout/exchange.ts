import type { Rollout } from '@sluice/contracts';
import { byId, introductionOf, isReady, participants } from './fleet-sight.js';
import type { RolloutWorld, WorkerSight } from './rollout-world.js';

/**
 * Workers on which both versions do not fit and that may give up the one before they load the other. Never so many that
 * fewer than `minServing` go on with what requests are sent to. Who was told to exchange counts as one that does not serve,
 * whether it has begun or not, until it is ready for the other version.
 *
 * @param serving versions that get requests which name none
 */
export function exchangeable(rollout: Rollout, world: RolloutWorld, serving: readonly string[]): WorkerSight[] {
  const { version, strategy } = rollout;
  const waiting = waitingForRoom(rollout, world).toSorted(byId);
  const goOn = participants(rollout, world).filter((worker) => {
    if (serving.includes(version) && isReady(worker, version)) return true;
    return serving.some((one) => isReady(worker, one)) && !world.registry.exchange.includes(worker.id);
  });
  // Those that wait and serve nothing may go at any time; of those that serve, as many as can be spared.
  const idle = waiting.filter((worker) => !goOn.includes(worker));
  const busy = waiting.filter((worker) => goOn.includes(worker));
  return [...idle, ...busy.slice(0, Math.max(0, goOn.length - strategy.minServing))];
}

/** They wait for room, and were not told to make it. */
export function waitingForRoom(rollout: Rollout, world: RolloutWorld): WorkerSight[] {
  const { exchange } = world.registry;
  return participants(rollout, world).filter(
    (worker) => introductionOf(worker, rollout)?.stage === 'waits-for-room' && !exchange.includes(worker.id),
  );
}
