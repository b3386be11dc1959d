import type { IntroductionStage, Rollout } from '@sluice/contracts';
import { exchangeable, waitingForRoom } from './exchange.js';
import { idsOf, introductionOf, participants } from './fleet-sight.js';
import { isStuck, NO_PROGRESS_MS, progressed } from './progress.js';
import { entered, faulted, noted } from './rollout-events.js';
import { ask, only, wait, type RolloutStep } from './rollout-step.js';
import type { RolloutWorld, WorkerSight } from './rollout-world.js';

/** A worker may die of something else; one version that kills its process would kill every one that takes its place. */
const MOST_DEATHS = 3;
const AT_WORK: readonly (IntroductionStage | undefined)[] = ['load', 'warm-up', 'profile'];

/** The candidate is proposed, and each worker introduces it; where both versions do not fit, one after the other. */
export function loadStep(rollout: Rollout, world: RolloutWorld): RolloutStep {
  const { registry, now } = world;
  const { version } = rollout;
  if (registry.candidate !== version) return rollout.paused ? wait(rollout) : propose(rollout, world);

  const workers = participants(rollout, world);
  const said = workers.map((worker) => describe(worker, rollout)).toSorted();
  const mark = said.length === 0 ? 'no worker serves the live version, or has begun with the new one' : said.join(', ');
  const ready = workers.filter((worker) => introductionOf(worker, rollout)?.stage === 'ready');
  const waiting = waitingForRoom(rollout, world);
  const next = progressed(withDeaths(rollout, workers, world), mark, now);
  const { died = 0 } = next.loading ?? {};
  if (died > MOST_DEATHS)
    return only(faulted(next, now, `${died} workers died while they loaded, warmed up or measured it: see their logs`));
  if (next.paused || !world.workers.some(({ state }) => state === 'serving')) return only(next);

  const chosen = exchangeable(next, world, registry.live === undefined ? [] : [registry.live]);
  if (chosen.length > 0) {
    const ids = idsOf(chosen);
    const why = `version ${version} does not fit beside version ${registry.live} there`;
    const told = noted(next, now, `${ids.join(', ')} may exchange the versions: ${why}`);
    return ask(told, { kind: 'exchange', workers: ids }, `exchange-${registry.generation}`, why);
  }
  if (ready.length > 0 && ready.length + waiting.length === workers.length) {
    const rest = waiting.length === 0 ? '' : `; ${idsOf(waiting).join(', ')} will exchange it when it is promoted`;
    return only(entered(next, 'golden', now, `ready on ${idsOf(ready).join(', ')}${rest}`));
  }
  if (waiting.length > 0 && waiting.length === workers.length) return only(faulted(next, now, noRoom(next, waiting)));
  if (isStuck(next, mark, now))
    return only(
      faulted(next, now, `nothing moved for ${NO_PROGRESS_MS / 60_000} minutes: ${mark}. See the workers' logs`),
    );
  return only(next);
}

/** Workers that were at work on the candidate and are gone. Whoever drains says so before it goes, and has not died. */
function withDeaths(rollout: Rollout, participating: readonly WorkerSight[], world: RolloutWorld): Rollout {
  const alive = new Set(world.workers.map(({ id }) => id));
  const { workers: before = [], died = 0 } = rollout.loading ?? {};
  const busy = participating.filter((worker) => AT_WORK.includes(introductionOf(worker, rollout)?.stage));
  const loading = { workers: idsOf(busy), died: died + before.filter((id) => !alive.has(id)).length };
  const isSame = loading.died === died && loading.workers.join() === before.join();
  return isSame ? rollout : { ...rollout, loading };
}

function propose(rollout: Rollout, { registry }: RolloutWorld): RolloutStep {
  const { version, by } = rollout;
  const next =
    rollout.proposedAfter === registry.generation ? rollout : { ...rollout, proposedAfter: registry.generation };
  return ask(next, { kind: 'propose', version, canaryPercent: 0 }, 'propose', `rolled out by ${by}`);
}

/** To tenths of a stage, so that what goes on slowly goes on. */
function describe(worker: WorkerSight, rollout: Rollout): string {
  const introduction = introductionOf(worker, rollout);
  if (!introduction) return `${worker.id}: has not begun`;
  const { stage, progress } = introduction;
  return `${worker.id}: ${stage} ${10 * Math.floor(10 * progress)} %`;
}

function noRoom({ version, from, strategy }: Rollout, waiting: readonly WorkerSight[]): string {
  const { introduction } = waiting[0] as WorkerSight;
  return (
    `version ${version} does not fit beside version ${from} on ${idsOf(waiting).join(', ')} (${introduction?.reason}), and of ` +
    `${waiting.length} workers ${strategy.minServing} shall go on serving (minServing), so that none may exchange the ` +
    'versions: give the workers more memory, start another one, or lower minServing'
  );
}
