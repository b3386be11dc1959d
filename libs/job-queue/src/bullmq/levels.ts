/**
 * BullMQ orders waiting jobs by a score, `priority * 2^32 + counter`, and those of equal score by their ids.
 * A job that comes back gets the counter 0: it goes before its equals, among others that came back by its age.
 */
export const LEVEL_SCORES = 2 ** 32;

/** A sorted set's range of scores that ends before the first job after this level. */
export function endOfLevel(level: number): string {
  return `(${(level + 1) * LEVEL_SCORES}`;
}
