/** Served before all others; a larger number is a lower level. */
export const HIGHEST_LEVEL = 1;

/**
 * Whether a waiting request is to be raised to the highest level, so that no level starves below one that is never
 * empty.
 *
 * To the highest at once, and not one level up: a step at a time would multiply the bound by the number of levels.
 */
export function shouldRaise(enqueuedAt: number, level: number, now: number, raiseAfterMs: number): boolean {
  return level > HIGHEST_LEVEL && now - enqueuedAt >= raiseAfterMs;
}
