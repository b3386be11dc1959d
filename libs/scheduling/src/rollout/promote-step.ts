import type { Rollout } from '@sluice/contracts';
import { behindPromotion, ended } from './agreement.js';
import { exchangeable, waitingForRoom } from './exchange.js';
import { idsOf, isReady, participants } from './fleet-sight.js';
import { isStuck, NO_PROGRESS_MS, progressed } from './progress.js';
import { faulted, noted } from './rollout-events.js';
import { ask, only, wait, type RolloutStep } from './rollout-step.js';
import type { RolloutWorld } from './rollout-world.js';

/** The candidate becomes live, and the rollout waits until the workers alive agree. */
export function promoteStep(rollout: Rollout, world: RolloutWorld): RolloutStep {
  return world.registry.live === rollout.version ? agree(rollout, world) : promote(rollout, world);
}

/** Where workers were not spared yet to exchange the versions, first enough of them do: from here on only the new one counts. */
function promote(rollout: Rollout, world: RolloutWorld): RolloutStep {
  const { registry, now } = world;
  const { version, strategy } = rollout;
  if (rollout.paused) return wait(rollout);
  const workers = participants(rollout, world);
  const ready = workers.filter((worker) => isReady(worker, version));
  const isEnough = ready.length >= strategy.minServing || waitingForRoom(rollout, world).length + ready.length === 0;
  const serving = [registry.live, version].filter((one) => one !== undefined);
  const chosen = isEnough ? [] : exchangeable(rollout, world, serving);
  const inExchange = workers.filter((worker) => registry.exchange.includes(worker.id) && !isReady(worker, version));
  if (isEnough || (chosen.length === 0 && inExchange.length === 0))
    return ask(rollout, { kind: 'promote' }, 'promote', `rolled out by ${rollout.by}`);

  // Those that have exchanged share the requests with those that have not, else they would not relieve them.
  const share = Math.round((100 * ready.length) / Math.max(1, workers.length));
  if (registry.canaryPercent < share)
    return ask(rollout, { kind: 'shift', canaryPercent: share }, `shift-${share}-percent`, 'versions are exchanged');
  const mark = `${idsOf(ready).join(', ')} of ${idsOf(workers).join(', ')}`;
  const next = progressed(rollout, mark, now);
  if (isStuck(next, mark, now))
    return only(faulted(next, now, `nothing moved for ${NO_PROGRESS_MS / 60_000} minutes: ready on ${mark}`));
  if (chosen.length === 0) return only(next);
  const ids = idsOf(chosen);
  const told = noted(next, now, `${ids.join(', ')} may exchange the versions`);
  return ask(told, { kind: 'exchange', workers: ids }, `exchange-${registry.generation}`, 'before it is promoted');
}

function agree(rollout: Rollout, world: RolloutWorld): RolloutStep {
  const { registry, now } = world;
  const waiting = waitingForRoom(rollout, world);
  const behind = behindPromotion(rollout, world);
  const mark = `waits for ${behind.join(', ')}`;
  const next = progressed(rollout, mark, now);
  if (waiting.length > 0 && !rollout.paused)
    return ask(
      next,
      { kind: 'exchange', workers: idsOf(waiting) },
      `exchange-${registry.generation}`,
      'it is live, and the version before it serves no more',
    );
  if (behind.length > 0 && !isStuck(next, mark, now)) return only(next);
  return only(ended(next, 'promoted', world, behind));
}
