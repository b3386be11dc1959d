/** How long a process that died stays down: doubled with each death, forgotten once it has lived long enough. */
export interface BackoffPolicy {
  readonly firstMs: number;
  readonly mostMs: number;
  /** A process that lived this long is sound: its next death counts as the first. */
  readonly soundAfterMs: number;
}

export const RESTART_BACKOFF: BackoffPolicy = { firstMs: 500, mostMs: 10_000, soundAfterMs: 30_000 };

/**
 * @param deathsInARow how often it had died in a row before this death
 * @param aliveMs how long it lived this time
 */
export function nextRestart(
  policy: BackoffPolicy,
  deathsInARow: number,
  aliveMs: number,
): { readonly delayMs: number; readonly deathsInARow: number } {
  const deathsBefore = aliveMs >= policy.soundAfterMs ? 0 : deathsInARow;
  return {
    delayMs: Math.min(policy.firstMs * 2 ** deathsBefore, policy.mostMs),
    deathsInARow: deathsBefore + 1,
  };
}
