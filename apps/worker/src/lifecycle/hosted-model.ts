import type { ModelRef, ServedModel } from '@sluice/contracts';
import type { LoadedModel } from '@sluice/inference-engine';

/** A model version that this worker serves. */
export interface HostedModel {
  readonly ref: ModelRef;
  /** The shared queue of the version. */
  readonly queue: string;
  readonly serving: ServedModel;
  readonly loaded: LoadedModel;
}
