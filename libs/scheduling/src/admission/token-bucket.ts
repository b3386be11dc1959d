/**
 * Tokens come at a rate and are kept up to one second's worth, one at least: a caller may save up that much and no more.
 *
 * Kept as the one moment at which the bucket will be full again (the generic cell rate algorithm of ITU-T I.371): no
 * fractions of tokens add up to an error.
 */
export class TokenBucket {
  private fullAt = -Infinity;

  /**
   * Takes a token.
   *
   * @param rate tokens a second, above 0; may change from call to call
   * @param now in ms, on a clock that never goes back
   * @returns 0 when there was one, else after how many ms there will be
   */
  take(rate: number, now: number): number {
    const tokenMs = 1000 / rate;
    const savedMs = Math.max(0, 1000 - tokenMs);
    const emptyForMs = Math.max(this.fullAt, now) - now - savedMs;
    if (emptyForMs > 0) return Math.ceil(emptyForMs);
    this.fullAt = Math.max(this.fullAt, now) + tokenMs;
    return 0;
  }
}
