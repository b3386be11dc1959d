import type { Rollout } from '@sluice/contracts';

/** A phase of which the same is seen for so long is given up. */
export const NO_PROGRESS_MS = 10 * 60_000;

/** @param mark says in short what is seen of the phase */
export function progressed(rollout: Rollout, mark: string, now: number): Rollout {
  return rollout.progress?.mark === mark ? rollout : { ...rollout, progress: { mark, at: now } };
}

/** Whether the same mark has been there for too long; never in a pause. */
export function isStuck({ progress, paused }: Rollout, mark: string, now: number): boolean {
  return !paused && progress?.mark === mark && now - progress.at > NO_PROGRESS_MS;
}
