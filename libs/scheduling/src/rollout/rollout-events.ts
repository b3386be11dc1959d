import type { Rollout, RolloutPhase } from '@sluice/contracts';

/** How much of its own history a rollout carries. */
export const EVENTS_KEPT = 200;

/** A rollout to which something happened, in the phase that it is in. */
export function noted(rollout: Rollout, at: number, message: string): Rollout {
  const events = [...rollout.events, { at, phase: rollout.phase, message }];
  return { ...rollout, events: events.slice(-EVENTS_KEPT) };
}

/** It leaves its phase for another one. @param message what came of the phase that it leaves */
export function entered(rollout: Rollout, phase: RolloutPhase, at: number, message: string): Rollout {
  return { ...noted(rollout, at, message), phase, phaseSince: at, progress: undefined };
}

/** It is to go back. @param reason for people, and what they may do about it */
export function faulted(rollout: Rollout, at: number, reason: string): Rollout {
  const fault = { phase: rollout.phase, reason };
  return { ...entered(rollout, 'roll-back', at, reason), fault, asked: undefined, paused: false };
}
