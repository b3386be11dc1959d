import type { Rollout } from '@sluice/contracts';

/**
 * The rollouts of every model: those that have not ended, and the latest that have. What a rollout does next is decided
 * elsewhere; the book only sees to it that two who decide at once cannot undo each other unseen.
 *
 * - Of a model at most one rollout has not ended.
 * - A change is fenced by the revision that it was decided on.
 * - What is sent again (its answer was lost) happens once, and is answered as the first time, unless others have changed
 *   the rollout since: then a change is a conflict, and whoever decided reads again.
 */
export abstract class RolloutBook {
  /**
   * Enters a rollout as it is.
   * @throws SluiceError conflict when another one of the model has not ended
   */
  abstract create(rollout: Rollout): Promise<Rollout>;

  /**
   * Undefined: there never was one, or it ended and others of its model have taken its place.
   * @throws SluiceError internal when it cannot be read: somebody else wrote to it
   */
  abstract get(id: string): Promise<Rollout | undefined>;

  /** Of a model, the newest first, at most `max` and ROLLOUTS_KEPT; without those that cannot be read. */
  abstract list(model: string, max?: number): Promise<Rollout[]>;

  /** Those that have not ended, of all models; without those that cannot be read. */
  abstract active(): Promise<Rollout[]>;

  /**
   * @param seen the rollout that the change was decided on, as it was read or as a change answered it
   * @param next what it shall be; its revision is the book's matter
   * @returns it, with its revision
   * @throws SluiceError conflict when it was changed by others since
   */
  abstract change(seen: Rollout, next: Rollout): Promise<Rollout>;

  /**
   * Calls with the rollouts that have not ended: at first, before it resolves, then after each change of any rollout, the
   * last one of it too, and when changes may have been missed. Several changes may come as one call; a later call never
   * brings an earlier state.
   */
  abstract watch(onActive: (active: readonly Rollout[]) => void): Promise<void>;

  /** Idempotent. */
  abstract start(): Promise<void>;

  /** Ends what watches, and disconnects. Idempotent; allowed without `start`. */
  abstract stop(): Promise<void>;
}

/** How many of each model. */
export const ROLLOUTS_KEPT = 20;
