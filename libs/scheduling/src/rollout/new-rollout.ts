import type { Rollout } from '@sluice/contracts';
import { noted } from './rollout-events.js';

export type RolloutOrder = Pick<Rollout, 'id' | 'model' | 'version' | 'from' | 'strategy' | 'by'>;

/** A rollout before its first step. @param at by the queue's clock */
export function newRollout(order: RolloutOrder, at: number): Rollout {
  const rollout: Rollout = {
    ...order,
    phase: 'verify',
    phaseSince: at,
    paused: false,
    stages: {},
    canaryStep: 0,
    workers: [],
    absent: [],
    createdAt: at,
    events: [],
    revision: 1,
  };
  const instead = order.from === undefined ? '' : `, in the place of version ${order.from}`;
  return noted(rollout, at, `${order.by} begins to roll out version ${order.version} of ${order.model}${instead}`);
}
