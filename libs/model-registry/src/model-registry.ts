import type { Change, ChangeNote, Revision } from './change.js';
import type { RegisteredModel } from './registered-model.js';

/**
 * The desired state of every model: which version is live, which is on its way, and what share of requests it gets.
 * Workers and APIs bring it about; it outlives all of them.
 *
 * - A change is atomic, and fenced: it names the state that it was decided on, and fails when that is not the state any
 *   more. Two that decide at once cannot undo each other unseen.
 * - A change that is sent again (its answer was lost) happens once, and is answered as the first time.
 * - Every change leaves a revision, in the history of its model and in the audit list of all. Both are bounded.
 */
export abstract class ModelRegistry {
  /**
   * At generation 0 when nothing was ever registered of it.
   * @throws SluiceError internal when its state cannot be read: somebody else wrote to it
   */
  abstract model(name: string): Promise<RegisteredModel>;

  /** The models that something was registered of, by name; without those whose state cannot be read. */
  abstract models(): Promise<RegisteredModels>;

  /**
   * @param seen the state that the change was decided on, as it was read or as a change answered it
   * @returns the state after it
   * @throws SluiceError conflict when the state is another one by now, or does not allow the change; invalid_request
   */
  abstract change(seen: RegisteredModel, change: Change, note: ChangeNote): Promise<RegisteredModel>;

  /** The latest changes of a model, newest first, at most HISTORY_LENGTH. */
  abstract history(model: string): Promise<Revision[]>;

  /** The latest changes of all models, newest first, at most AUDIT_LENGTH. */
  abstract audit(): Promise<Revision[]>;

  /**
   * Calls with the state of all models: at first, before it resolves, then after each change, and when changes may have
   * been missed. Several changes may come as one call; a later call never brings an earlier state.
   */
  abstract watch(onState: (models: RegisteredModels) => void): Promise<void>;

  /** Idempotent. */
  abstract start(): Promise<void>;

  /** Ends what watches, and disconnects. Idempotent; allowed without `start`. */
  abstract stop(): Promise<void>;
}

export type RegisteredModels = ReadonlyMap<string, RegisteredModel>;

/** What is kept, and how long a change can be told from another one when it is sent again. */
export const HISTORY_LENGTH = 100;
export const AUDIT_LENGTH = 1_000;
