import type { ModelRef } from './model.js';

/** Fleet-wide work of model updates. */
export const MODEL_UPDATE_QUEUE = 'model-update';

/** Work of model updates that belongs to one worker: done by it, or discarded with it. */
export function workerUpdateQueue(workerId: string): string {
  return `${MODEL_UPDATE_QUEUE}@${workerId}`;
}

/**
 * The queue of a model version for work that has a reason to be done by one worker. Others take from it what would wait
 * too long there.
 */
export function ownQueue(queue: string, workerId: string): string {
  return `${queue}@${workerId}`;
}

/** The shared queue that an own queue stands beside; of a shared one, itself. */
export function sharedQueue(queue: string): string {
  const at = queue.indexOf('@');
  return at < 0 ? queue : queue.slice(0, at);
}

/** The worker that a queue belongs to; undefined for a shared one. */
export function queueOwner(queue: string): string | undefined {
  const at = queue.indexOf('@');
  return at < 0 ? undefined : queue.slice(at + 1);
}

/** The shared queue of a model version: `inference.<model>.<version>`. */
export function inferenceQueue({ model, version }: ModelRef): string {
  return `inference.${model}.${version}`;
}

/** The version whose queue it is, shared or anybody's own. The opposite of `inferenceQueue`. */
export function modelOfQueue(queue: string): ModelRef {
  const [, model = '', version = ''] = sharedQueue(queue).split('.');
  return { model, version };
}

/** Model names are safe in a queue name, a Redis key, a path and a URL. */
export const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;
