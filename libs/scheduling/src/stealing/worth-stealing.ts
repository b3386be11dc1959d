/**
 * Whether a job is better off with a thief: when it would wait longer for its owner than the thief takes to get ready.
 *
 * @param victimWaitMs expected until the owner starts it; Infinity when the owner is gone
 * @param costMs what the thief has to do first: load the model, compute the state again; Infinity when it cannot
 */
export function worthStealing({
  victimWaitMs,
  costMs,
}: {
  readonly victimWaitMs: number;
  readonly costMs: number;
}): boolean {
  return victimWaitMs > costMs;
}
