import type { ModelRef } from './model.js';

/** Fleet-wide work of model updates. */
export const MODEL_UPDATE_QUEUE = 'model-update';

/** The shared queue of a model version: `inference.<model>.<version>`. */
export function inferenceQueue({ model, version }: ModelRef): string {
  return `inference.${model}.${version}`;
}

/** Model names are safe in a queue name, a Redis key, a path and a URL. */
export const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;
