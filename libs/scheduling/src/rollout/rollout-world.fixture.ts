import type { Introduction, ModelReport, Rollout, RolloutStrategy, ServedModel, StageResult } from '@sluice/contracts';
import { newRollout } from './new-rollout.js';
import type { RolloutChange } from './rollout-step.js';
import type { DesiredVersions, RolloutWorld, StageJob, WorkerSight } from './rollout-world.js';

export const STRATEGY: RolloutStrategy = {
  canaryPercent: 10,
  steps: [50],
  minSamples: 100,
  maxStepMs: 60_000,
  maxErrorRate: 0.01,
  maxLatencyRatio: 1.5,
  allowSignatureChange: false,
  minServing: 1,
};

export const SERVED: ServedModel = {
  platform: 'scripted',
  signature: {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
  },
  maxBatchSize: 8,
  device: 'cpu',
};

export const RESULTS = {
  verify: { kind: 'verify', files: 2, bytes: 3_000_000 },
  sandbox: { kind: 'sandbox', signature: SERVED.signature, openMs: 12, peakBytes: 50_000_000 },
  golden: { kind: 'golden', items: 20, wrong: 0, examples: [] },
} as const satisfies Record<string, StageResult>;

export function someRollout(spec: Partial<Rollout> = {}): Rollout {
  const order = { id: 'r', model: 'm', version: '2', from: '1', strategy: STRATEGY, by: 'ann' };
  return { ...newRollout(order, 0), workers: ['a', 'b'], ...spec };
}

export function someVersions(spec: Partial<DesiredVersions> = {}): DesiredVersions {
  return { live: '1', canaryPercent: 0, exchange: [], generation: 5, changeId: 'before', ...spec };
}

export function report(version: string, state: 'ready' | 'loading' | 'available' = 'ready'): ModelReport {
  const ref = { model: 'm', version };
  return state === 'ready' ? { ...ref, state, serving: SERVED } : { ...ref, state };
}

/** That has version 1 in memory, and says this of version 2. */
export function someWorker(id: string, stage?: Introduction['stage'], spec: Partial<WorkerSight> = {}): WorkerSight {
  const models = stage === 'ready' ? [report('1'), report('2')] : [report('1')];
  const introduction = { version: '2', generation: 6, progress: 0, attempt: 1, reason: `${id} says why` };
  return { id, state: 'serving', models, introduction: stage && { ...introduction, stage }, ...spec };
}

export function someWorld(spec: Partial<RolloutWorld> = {}): RolloutWorld {
  return { now: 1_000, registry: someVersions(), workers: [someWorker('a'), someWorker('b')], arms: [], ...spec };
}

export function endedJob(result: StageResult): StageJob {
  return { state: 'ended', result };
}

/** The registry, as far as a rollout goes: what follows a change that is allowed; undefined: it is refused. */
export function changed(seen: DesiredVersions, change: RolloutChange, changeId: string): DesiredVersions | undefined {
  const next = { ...seen, generation: seen.generation + 1, changeId };
  switch (change.kind) {
    case 'propose': {
      const isFree = seen.candidate === undefined && seen.live !== change.version;
      return isFree ? { ...next, candidate: change.version, canaryPercent: 0, exchange: [] } : undefined;
    }
    case 'shift':
      return seen.candidate === undefined ? undefined : { ...next, canaryPercent: change.canaryPercent };
    case 'exchange':
      return { ...next, exchange: [...new Set([...seen.exchange, ...change.workers])] };
    case 'promote':
      if (seen.candidate === undefined) return undefined;
      return { ...next, live: seen.candidate, candidate: undefined, canaryPercent: 0 };
    case 'withdraw':
      return seen.candidate === undefined ? undefined : { ...next, candidate: undefined, canaryPercent: 0 };
    case 'serve':
      return { ...next, live: change.version, candidate: undefined, canaryPercent: 0, exchange: [] };
    default:
      return undefined;
  }
}
