import { TokenBucket } from './token-bucket.js';

/** What one caller may use. Infinity: as much as there is. */
export interface CallerLimits {
  readonly requestsPerSecond: number;
  /** Requests in flight. */
  readonly concurrency: number;
  /** Bytes of the bodies of requests in flight. */
  readonly queuedBytes: number;
}

/** The limit that a request would break, and when it may fit. */
export interface OverBudget {
  readonly limit: keyof CallerLimits;
  /** Undefined: it depends on when requests in flight end; never, when it is too large alone. */
  readonly retryAfterMs: number | undefined;
}

/**
 * What one caller uses now. Whoever is let in by `enter` leaves by `leave`, with all bytes that it held. A request that
 * is refused uses nothing up. The limits are arguments, because an operator changes them while requests are in flight.
 */
export class CallerBudget {
  private readonly bucket = new TokenBucket();
  private inFlight = 0;
  private heldBytes = 0;

  /**
   * @param bytes of the body, as far as they are known
   * @param now in ms, on a clock that never goes back
   * @returns undefined when the request is let in
   */
  enter(limits: CallerLimits, bytes: number, now: number): OverBudget | undefined {
    if (this.inFlight >= limits.concurrency) return { limit: 'concurrency', retryAfterMs: undefined };
    if (this.heldBytes + bytes > limits.queuedBytes) return { limit: 'queuedBytes', retryAfterMs: undefined };
    const retryAfterMs = this.bucket.take(limits.requestsPerSecond, now);
    if (retryAfterMs > 0) return { limit: 'requestsPerSecond', retryAfterMs };
    this.inFlight += 1;
    this.heldBytes += bytes;
    return undefined;
  }

  /** For a body whose length is known only once it was read. @returns undefined when the bytes are held */
  hold(limits: CallerLimits, bytes: number): OverBudget | undefined {
    if (this.heldBytes + bytes > limits.queuedBytes) return { limit: 'queuedBytes', retryAfterMs: undefined };
    this.heldBytes += bytes;
    return undefined;
  }

  leave(bytes: number): void {
    this.inFlight -= 1;
    this.heldBytes -= bytes;
  }
}
