import type { Rollout } from '@sluice/contracts';

/** A rollout in its first phase. */
export function rollout(id: string, spec: Partial<Rollout> = {}): Rollout {
  return {
    id,
    model: 'm',
    version: '2',
    from: '1',
    strategy: {
      canaryPercent: 5,
      steps: [25, 50],
      minSamples: 100,
      maxStepMs: 60_000,
      maxErrorRate: 0.01,
      maxLatencyRatio: 1.5,
      allowSignatureChange: false,
      minServing: 1,
    },
    phase: 'verify',
    phaseSince: 1_700_000_000_000.125,
    paused: false,
    stages: {},
    canaryStep: 0,
    workers: [],
    absent: [],
    by: 'somebody',
    createdAt: 1_700_000_000_000,
    events: [],
    revision: 1,
    ...spec,
  };
}
