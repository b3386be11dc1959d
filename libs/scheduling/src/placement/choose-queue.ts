/** What a request with an affinity key chooses from. */
export interface QueueChoice {
  /** The workers that may own the key, in the order of `rendezvous`, with the expected wait in their own queues. */
  readonly owners: readonly { readonly id: string; readonly waitMs: number }[];
  /** Expected in the model's shared queue. */
  readonly sharedWaitMs: number;
  /** Device time that the owner need not spend, because the state is there already. */
  readonly savesMs: number;
  /** Whether the second owner has the state, or should get it, when the first has too much to do; not by default. */
  readonly mayUseSecond?: boolean;
}

/**
 * The owner whose own queue the request joins: the first, unless one waits longer there than in the shared queue by more
 * than its state saves. Nobody is answered later for having a key than without one, as far as the waits are right.
 *
 * @returns undefined for the shared queue
 */
export function chooseQueue({ owners, sharedWaitMs, savesMs, mayUseSecond = false }: QueueChoice): string | undefined {
  // As a difference: where neither serves (Infinity both) it is no number, and the shared queue is for who comes.
  return owners.slice(0, mayUseSecond ? 2 : 1).find(({ waitMs }) => waitMs - sharedWaitMs <= savesMs)?.id;
}
