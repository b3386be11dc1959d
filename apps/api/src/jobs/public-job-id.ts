import { inferenceQueue, MODEL_NAME, SluiceError, type ModelRef } from '@sluice/contracts';
import { timeOfJobId, type JobAddress } from '@sluice/job-queue';

/** A job as its client names it. */
export interface JobReference extends JobAddress {
  readonly ref: ModelRef;
  /** When it was made, in milliseconds since the epoch. */
  readonly createdAt: number;
}

const VERSION = /^[1-9]\d{0,18}$/;

/** `<model>.<version>.<id>`: names its queue, so that nothing has to be looked up. Neither part contains a dot. */
export function publicJobId({ model, version }: ModelRef, jobId: string): string {
  return `${model}.${version}.${jobId}`;
}

/** @throws SluiceError not_found: no job could have this id */
export function parsePublicJobId(publicId: string): JobReference {
  const [model = '', version = '', jobId = '', ...rest] = publicId.split('.');
  const createdAt = timeOfJobId(jobId);
  if (!MODEL_NAME.test(model) || !VERSION.test(version) || createdAt === undefined || rest.length > 0) {
    throw new SluiceError('not_found', `there is no job ${publicId}`);
  }
  const ref = { model, version };
  return { ref, queue: inferenceQueue(ref), jobId, createdAt };
}
