/** A batch that could start, and what its model's configuration says about waiting for more. */
export interface Holding {
  readonly now: number;
  /** When the oldest request of the batch was enqueued, on the clock of `now`. */
  readonly oldestAt: number;
  readonly rows: number;
  readonly maxRows: number;
  /** In any order; empty when the model names none. */
  readonly preferredRows: readonly number[];
  /** 0: never wait. */
  readonly maxQueueDelayMs: number;
}

/**
 * The moment at which a batch may start: at once, unless the model is configured to wait for more.
 *
 * As Triton's dynamic batcher: the delay is counted from the oldest request, and ends early when the batch is full or as
 * soon as a preferred size can be formed. Otherwise than there the rows beyond the preferred size run along: they are
 * leased already, and would wait for nothing.
 */
export function holdUntil({ now, oldestAt, rows, maxRows, preferredRows, maxQueueDelayMs }: Holding): number {
  const enough = Math.min(maxRows, ...preferredRows);
  return rows >= enough ? now : Math.max(now, oldestAt + maxQueueDelayMs);
}
