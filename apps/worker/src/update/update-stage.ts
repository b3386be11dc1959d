import type { UpdateJob } from '@sluice/contracts';
import type { SlicedWork } from './sliced-work.js';

/**
 * Does the update jobs of one kind.
 *
 * A job may come again: after this worker, or the one that had it, was killed in the middle of it. Whatever a stage does
 * is done so that it may be done twice.
 */
export interface UpdateStage<Job extends UpdateJob = UpdateJob> {
  readonly kind: Job['kind'];

  /**
   * What needs no device, in the background: the worker serves meanwhile, and begins no other update. What needs the
   * device comes as slices. The lease of the job is kept all the time.
   *
   * @returns `not-here` when another worker is to do it, or this one later: the job goes back to its queue, and this
   * worker looks there again after a second at the earliest
   * @throws SluiceError the job ends with; `invalid_request`: the version is at fault, to try again is no use
   */
  prepare(job: Job, context: StageContext): Promise<SlicedWork | 'not-here'>;
}

export interface StageContext {
  readonly jobId: string;
  /** Of the whole job, 0 to 1. */
  readonly onProgress: (progress: number) => void;
  /** The job was given up: its lease was lost, or the worker drains. What is prepared nevertheless is closed, unused. */
  readonly signal: AbortSignal;
}
