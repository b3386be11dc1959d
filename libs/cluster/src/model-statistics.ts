import type { ModelRef } from '@sluice/contracts';

/** How often something happened, and how long it took in all, in nanoseconds. */
export interface Duration {
  readonly count: number;
  readonly ns: number;
}

/** Stages of a run on the device: packing, computing by the engine thread's clock, unpacking and encoding. */
export const RUN_STAGES = ['compute_input', 'compute_infer', 'compute_output'] as const;
/**
 * Stages of a request, named as Triton names them: `success` and `fail` last from its arrival in the queue until it is
 * settled, `queue` until it is leased. Every request of a batch counts the whole run.
 */
export const REQUEST_STAGES = ['success', 'fail', 'queue', ...RUN_STAGES] as const;

export type RunStage = (typeof RUN_STAGES)[number];
export type RequestStage = (typeof REQUEST_STAGES)[number];

/** Runs of one size, each counted once however many requests were in it. */
export interface BatchStatistics extends Readonly<Record<RunStage, Duration>> {
  readonly rows: number;
}

/** What was done for a model version. Nothing in it ever decreases. */
export interface ModelStatistics {
  readonly ref: ModelRef;
  /** Milliseconds since the epoch on the queue's clock; 0: never asked. */
  readonly lastInference: number;
  /** Rows that were answered with a result. */
  readonly inferenceCount: number;
  /** Batches that ran. */
  readonly executionCount: number;
  readonly requests: Readonly<Record<RequestStage, Duration>>;
  /** By rows, ascending. */
  readonly batches: readonly BatchStatistics[];
}
