import type { Introduction, Rollout } from '@sluice/contracts';
import type { RolloutWorld, WorkerSight } from './rollout-world.js';

/** It has the version in memory, or is about to. */
export function holds({ models }: WorkerSight, version: string): boolean {
  return models.some(
    (report) => report.version === version && ['loading', 'ready', 'unloading'].includes(report.state),
  );
}

export function isReady({ models }: WorkerSight, version: string | undefined): boolean {
  return models.some((report) => report.version === version && report.state === 'ready');
}

/** It loads the version when it is asked for it. */
export function hasOnDemand({ models }: WorkerSight, version: string): boolean {
  return models.some((report) => report.version === version && report.state === 'available');
}

/** How far a worker is with the candidate of this rollout; undefined: it has not said anything of it. */
export function introductionOf({ introduction }: WorkerSight, rollout: Rollout): Introduction | undefined {
  const { version, proposedAfter } = rollout;
  if (introduction?.version !== version || proposedAfter === undefined) return undefined;
  return introduction.generation > proposedAfter ? introduction : undefined;
}

/**
 * The workers that are waited for: those that serve the live version now, or say something of the candidate. One that
 * starts or drains comes to the right state by itself; one that has the model on demand loads what is live then.
 */
export function participants(rollout: Rollout, { registry, workers }: RolloutWorld): WorkerSight[] {
  return workers.filter((worker) => {
    if (worker.state !== 'serving') return false;
    if (introductionOf(worker, rollout)) return true;
    return registry.live === undefined ? !hasOnDemand(worker, rollout.version) : holds(worker, registry.live);
  });
}

export function byId(a: WorkerSight, b: WorkerSight): number {
  return a.id < b.id ? -1 : 1;
}

export function idsOf(workers: readonly WorkerSight[]): string[] {
  return workers.map(({ id }) => id).toSorted();
}
