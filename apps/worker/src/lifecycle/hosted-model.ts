import type { ModelRef, ServedModel } from '@sluice/contracts';
import type { LoadedModel } from '@sluice/inference-engine';
import type { Raggedness } from '../batch/raggedness.js';
import type { ModelCosts } from '../execute/model-costs.js';
import type { Holds } from './holds.js';

/** A model version that this worker serves, as it was loaded at one time: loaded again it is another. */
export interface HostedModel {
  readonly ref: ModelRef;
  /** The shared queue of the version. */
  readonly queue: string;
  /** Where its jobs are: this worker's own queue, if it has one, and the shared one. */
  readonly homeQueues: readonly string[];
  /**
   * Beside those, of a live version, the queues of its predecessors while something may be in them. Written by
   * `InheritedQueues` alone.
   */
  queues: readonly string[];
  readonly serving: ServedModel;
  readonly loaded: LoadedModel;
  /** How long that took. */
  readonly loadMs: number;
  /** Of the store, when it was loaded. */
  readonly fingerprint: string;
  /** The class that its device time is charged to. */
  readonly shareClass: string;
  /** Whether a batch waits for more rows while the device is free; by default it does not. */
  readonly holding: Holding;
  readonly raggedness: Raggedness;
  readonly costs: ModelCosts;
  /** Taken by the puller for every job from its lease on; given back by whoever settles the job or lets it go. */
  readonly holds: Holds;
}

export interface Holding {
  readonly maxQueueDelayMs: number;
  /** Sizes at which it does not wait. */
  readonly preferredRows: readonly number[];
}
