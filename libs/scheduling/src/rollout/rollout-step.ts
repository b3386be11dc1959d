import type { GoldenJob, Rollout, SandboxJob, VerifyJob } from '@sluice/contracts';

/**
 * What is to be done. The rollout is kept first, and only when that succeeded are the effects brought about. `next` is
 * the same object when nothing changes.
 */
export interface RolloutStep {
  readonly next: Rollout;
  readonly effects: readonly RolloutEffect[];
}

/** May be asked for any number of times: its id says that it is the same. */
export type RolloutEffect =
  | { readonly kind: 'enqueue'; readonly jobId: string; readonly job: VerifyJob | SandboxJob | GoldenJob }
  /** Decided on the registry's state that was seen. */
  | { readonly kind: 'change'; readonly id: string; readonly change: RolloutChange; readonly reason: string };

/** Changes of the registry that a rollout makes. */
export type RolloutChange =
  | { readonly kind: 'propose'; readonly version: string; readonly canaryPercent: number }
  | { readonly kind: 'shift'; readonly canaryPercent: number }
  | { readonly kind: 'exchange'; readonly workers: readonly string[] }
  | { readonly kind: 'promote' }
  | { readonly kind: 'withdraw' }
  | { readonly kind: 'serve'; readonly version: string };

/** Nothing is to be done but to wait. */
export function wait(rollout: Rollout): RolloutStep {
  return { next: rollout, effects: [] };
}

export function only(next: Rollout): RolloutStep {
  return { next, effects: [] };
}

export function ask(next: Rollout, change: RolloutChange, suffix: string, reason: string): RolloutStep {
  return { next, effects: [{ kind: 'change', id: `${next.id}-${suffix}`, change, reason }] };
}
