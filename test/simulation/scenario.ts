import type { Cluster } from '@sluice/cluster';
import { NO_FAULTS, type CallMoment, type FaultRates } from './world/fault-layer.js';

/** What a run of the simulation is about. All that is left to chance comes from `seed`. Times are in ms. */
export interface Scenario {
  readonly seed: number;
  readonly workers: number;
  readonly models: readonly SimulatedModel[];
  readonly requests: readonly Arrival[];
  /** Work of the class `model-update` for each worker: profiles to be measured, one after the other. */
  readonly profilesPerWorker: number;
  readonly rates: FaultRates;
  readonly crashes: readonly Crash[];
  readonly freezes: readonly Freeze[];
  readonly drains: readonly Drain[];
  readonly clockJumps: readonly ClockJump[];
  /** How far a run's cost is off what its model says, at most: 0.2 for up to 20 % more. */
  readonly costNoise: number;
  /** Settings of the workers that differ from their defaults. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface SimulatedModel {
  readonly fixedMs: number;
  readonly perRowMs: number;
  /** 0: each request runs alone. */
  readonly maxBatchSize: number;
  readonly shareClass?: string;
  /** It has own queues, and a request in one costs so much less there than elsewhere: what stealing it has to be worth. */
  readonly savesMs?: number;
  /** Of memory; only where workers have a budget, `SLUICE_MODEL_MEMORY` in the settings. */
  readonly bytes?: number;
  /** How long it takes to load; 0 by default. */
  readonly loadMs?: number;
}

/** Requests that are sent at one time, alike but for their number. */
export interface Arrival {
  readonly atMs: number;
  readonly copies: number;
  /** By its place among the models. */
  readonly model: number;
  readonly rows: number;
  /** Of a row; requests of different widths cannot share a batch. */
  readonly width: number;
  /** 1 is the highest. */
  readonly level: number;
  /** Undefined: it waits as long as it takes. */
  readonly timeoutMs: number | undefined;
  readonly fate: Fate;
  /** The worker that they belong to, as an affinity key of theirs would say; the shared queue by default. */
  readonly owner?: number | undefined;
  /** Whoever is refused comes again when told to; otherwise the request has ended. */
  readonly comesAgain?: boolean;
}

/** What the device does to a request: answers it, fails the batch that it is in, or crashes its process. */
export type Fate = 'answer' | 'fail' | 'crash';

/** A worker dies, at a time or at one of its calls, and another takes its place later. */
export interface Crash {
  readonly worker: number;
  readonly when: { readonly atMs: number } | { readonly call: number; readonly moment: CallMoment };
  readonly restartAfterMs: number;
}

/** A worker is stopped (SIGSTOP), and goes on later. */
export interface Freeze {
  readonly worker: number;
  readonly atMs: number;
  readonly forMs: number;
  /** Not at that time, but when it makes its next call of this name after it, before that takes effect. */
  readonly inCall?: keyof Cluster;
}

/** A worker is told to end (SIGTERM), and another takes its place. */
export interface Drain {
  readonly worker: number;
  readonly atMs: number;
}

/** From then on a worker's idea of the queue's clock is off by so much. */
export interface ClockJump {
  readonly worker: number;
  readonly atMs: number;
  readonly byMs: number;
}

export function modelName(index: number): string {
  return `m${index + 1}`;
}

/** Nothing goes wrong, and the device does what it says. */
export const QUIET: Omit<Scenario, 'seed' | 'workers' | 'models' | 'requests'> = {
  profilesPerWorker: 0,
  rates: NO_FAULTS,
  crashes: [],
  freezes: [],
  drains: [],
  clockJumps: [],
  costNoise: 0,
  settings: {},
};
