import type { Outcome } from '@sluice/job-queue';

/** What a run has cost, for all that were in it together. */
export interface RunCost {
  readonly rows: number;
  /** Copying the inputs into one buffer. */
  readonly inputMs: number;
  /** On the device, by the engine thread's clock. */
  readonly inferMs: number;
  /** Dividing the outputs and encoding them. */
  readonly outputMs: number;
}

/** The end of a request: its outcome, and the run that it came from; one object for all requests of the run. */
export interface Ending {
  readonly outcome: Outcome;
  readonly cost?: RunCost;
}
