/**
 * How many jobs a thief leases from a victim's own queue, the oldest: half of what waits, rounded up, so that the last
 * one is stolen too; at most what it runs as one batch.
 */
export function loot(waiting: number, maxBatch: number): number {
  return Math.min(Math.ceil(waiting / 2), maxBatch);
}
