/** A request for a model that no worker has loaded, in ms. */
export interface ColdRequest {
  /** Of the model, what is left of it when it has begun; undefined when it was never loaded. */
  readonly loadMs: number | undefined;
  /** Until a load begins that nothing stands before: somebody has to decide it. 0 when this one has begun. */
  readonly decisionMs: number;
  /** Loads that come before it on the worker that will load it. */
  readonly queuedLoads: number;
  /** Until the request's deadline. */
  readonly timeoutMs: number;
}

export type ColdStart = { readonly admit: true } | { readonly admit: false; readonly retryAfterMs: number };

/** Loads take up to half as long again as the last ones: the file may be out of the page cache. */
const MARGIN = 0.5;
/** Nobody knows what the fleet does in more than a minute. */
const LONGEST_RETRY_MS = 60_000;

/**
 * Whether a request for a cold model may wait for its load: not when it could hardly be answered in time. Loads that come
 * before are taken to last as long as its own, and to be decided as late.
 *
 * Nobody is told to come again before the load has begun: until then nothing would be nearer than it is now.
 *
 * Admitted or not, the request is demand for the model and must be counted as such: what is refused is told when to come
 * again, and by then the model shall be loaded.
 *
 * @returns when it is refused: after how many ms it would be admitted, from 1 ms to a minute
 */
export function coldStart({ loadMs, decisionMs, queuedLoads, timeoutMs }: ColdRequest): ColdStart {
  if (loadMs === undefined) return { admit: true };
  const begunMs = queuedLoads * (decisionMs + loadMs) + decisionMs;
  const readyMs = begunMs + loadMs;
  const longestMs = Math.max(0, timeoutMs / (1 + MARGIN));
  if (readyMs <= longestMs) return { admit: true };
  const retryAfterMs = Math.ceil(Math.max(begunMs, readyMs - longestMs));
  return { admit: false, retryAfterMs: Math.min(LONGEST_RETRY_MS, retryAfterMs) };
}
