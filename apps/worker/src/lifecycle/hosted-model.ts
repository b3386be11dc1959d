import type { ModelRef, ServedModel } from '@sluice/contracts';
import type { LoadedModel } from '@sluice/inference-engine';
import type { Holds } from './holds.js';

/** A model version that this worker serves, as it was loaded at one time: loaded again it is another. */
export interface HostedModel {
  readonly ref: ModelRef;
  /** The shared queue of the version. */
  readonly queue: string;
  readonly serving: ServedModel;
  readonly loaded: LoadedModel;
  /** Of the store, when it was loaded. */
  readonly fingerprint: string;
  /** Taken by the puller for every job from its lease on; given back by whoever settles the job or lets it go. */
  readonly holds: Holds;
}
