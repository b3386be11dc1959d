/** What is known of a queue: how much waits, and its first request. */
export interface QueueHead {
  readonly queue: string;
  readonly waiting: number;
  /** Of its first request, in ms on the clock of `now`. */
  readonly enqueuedAt: number;
  readonly expiresAt: number;
}

/**
 * The queues that have work, in the order in which to serve them: by the deadline of their heads, but a head that has
 * waited longer than `passOverMs` goes before those that have not, the oldest first.
 *
 * Bound: once a head has waited that long, only requests that were enqueued before it go first. No queue is passed over
 * for ever, whatever arrives at the others and with whatever deadlines.
 */
export function orderQueues(
  heads: readonly QueueHead[],
  now: number,
  { passOverMs }: { readonly passOverMs: number },
): string[] {
  const passedOver = ({ enqueuedAt }: QueueHead) => now - enqueuedAt > passOverMs;
  return heads
    .filter(({ waiting }) => waiting > 0)
    .toSorted((one, other) => {
      const overdue = Number(passedOver(other)) - Number(passedOver(one));
      if (overdue !== 0) return overdue;
      const byAge = one.enqueuedAt - other.enqueuedAt;
      return passedOver(one) ? byAge : one.expiresAt - other.expiresAt || byAge;
    })
    .map(({ queue }) => queue);
}
