/**
 * How many of the requests to run now, from the first on: all, unless a larger batch would break a deadline that a
 * smaller one keeps.
 *
 * A deadline that the request would miss even if the batch ended with it counts for nothing: shrinking helps nobody, and
 * would only make the others wait.
 *
 * @param requests in the order in which they run; `expiresAt` on the clock of `now`, in ms
 * @param predict device time of a batch of that many rows, in ms; undefined when it is not known
 * @returns at least 1, unless there is no request
 */
export function requestsInTime(
  requests: readonly { readonly rows: number; readonly expiresAt: number }[],
  now: number,
  predict: (rows: number) => number | undefined,
): number {
  let rows = 0;
  let deadline = Infinity;
  for (const [index, request] of requests.entries()) {
    rows += request.rows;
    const runMs = predict(rows);
    if (runMs === undefined) return requests.length;
    if (now + runMs > deadline) return index;
    if (now + runMs <= request.expiresAt) deadline = Math.min(deadline, request.expiresAt);
  }
  return requests.length;
}
