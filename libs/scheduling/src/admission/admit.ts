/** What a request would need, and what it may take, in ms. */
export interface Admission {
  /** Predicted, until it starts. */
  readonly waitMs: number;
  /** Predicted, of the batch that it runs in. */
  readonly runMs: number;
  /** Until its deadline. */
  readonly timeoutMs: number;
}

/** Predictions are off by about this part of the wait. */
const MARGIN = 0.1;
/** Nobody knows what the fleet does in more than a minute. */
const LONGEST_RETRY_MS = 60_000;

/**
 * Whether to take a request in: not when it could hardly be answered in time. Refused at once it can go elsewhere;
 * taken in it would only push others past their deadlines.
 *
 * The margin: a tenth of the wait for the error of prediction, and one more run, because where something waits every
 * device is in the middle of a run that `waitMs` does not count. A request that needs not wait is always taken in: were
 * the prediction of its run wrong, only a run could correct it.
 *
 * @returns undefined when it is admitted; else when it would fit if nothing else arrived, from 1 ms to a minute
 */
export function admit({ waitMs, runMs, timeoutMs }: Admission): { readonly retryAfterMs: number } | undefined {
  const longestWaitMs = Math.max(0, (timeoutMs - 2 * runMs) / (1 + MARGIN));
  if (waitMs <= longestWaitMs) return undefined;
  return { retryAfterMs: Math.min(LONGEST_RETRY_MS, Math.ceil(waitMs - longestWaitMs)) };
}
