import { inferenceQueue, MODEL_NAME, MODEL_UPDATE_QUEUE, ownQueue, SluiceError } from '@sluice/contracts';
import { timeOfJobId, type JobAddress } from '@sluice/job-queue';

/** A job as its client names it. */
export interface JobReference extends JobAddress {
  /** When it was made, in milliseconds since the epoch. */
  readonly createdAt: number;
}

const VERSION = /^[1-9]\d{0,18}$/;
const WORKER_ID = /^[\w.-]{1,300}$/;
const INFERENCE = inferenceQueue({ model: '', version: '' }).slice(0, -1);

/**
 * Names the job's queue, so that nothing has to be looked up: `<model>.<version>.<id>` for an inference request, with
 * `@<worker>` behind the version when the queue is a worker's own,
 * `<queue>.<id>` for a model update.
 */
export function publicJobId({ queue, jobId }: JobAddress): string {
  return `${queue.startsWith(INFERENCE) ? queue.slice(INFERENCE.length) : queue}.${jobId}`;
}

/** @throws SluiceError not_found: no job could have this id */
export function parsePublicJobId(publicId: string): JobReference {
  const dot = publicId.lastIndexOf('.');
  const queue = queueOf(publicId.slice(0, Math.max(0, dot)));
  const jobId = publicId.slice(dot + 1);
  const createdAt = timeOfJobId(jobId);
  if (queue === undefined || createdAt === undefined) throw new SluiceError('not_found', `there is no job ${publicId}`);
  return { queue, jobId, createdAt };
}

function queueOf(name: string): string | undefined {
  if (isUpdateQueue(name)) return name;
  const at = name.indexOf('@');
  const [shared, owner] = at < 0 ? [name, undefined] : [name.slice(0, at), name.slice(at + 1)];
  const [model = '', version = '', ...rest] = shared.split('.');
  const isModel = MODEL_NAME.test(model) && VERSION.test(version) && rest.length === 0;
  if (!isModel || (owner !== undefined && !WORKER_ID.test(owner))) return undefined;
  const queue = inferenceQueue({ model, version });
  return owner === undefined ? queue : ownQueue(queue, owner);
}

/** Whether the jobs of a queue are model updates, and not inference requests. */
export function isUpdateQueue(queue: string): boolean {
  return queue === MODEL_UPDATE_QUEUE || queue.startsWith(`${MODEL_UPDATE_QUEUE}@`);
}
