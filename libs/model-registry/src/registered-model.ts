/** Which versions of a model shall be in service, and how requests that name none are shared between them. */
export interface RegisteredModel {
  readonly model: string;
  /** Serves the requests that name no version; undefined: none does. */
  readonly live?: string | undefined;
  /** On its way to become live; undefined: none is. */
  readonly candidate?: string | undefined;
  /** Of the requests that name no version, how many go to the candidate: 0 to 100. */
  readonly canaryPercent: number;
  /**
   * Versions that were in service before, the latest first, at most RETIRED_LENGTH: what waits in their queues and named
   * no version is answered by the live one.
   */
  readonly retired: readonly string[];
  /** Workers that may give up the version that they serve before they load the one that is wanted: both do not fit. */
  readonly exchange: readonly string[];
  /** One more with every change; 0: there was none. */
  readonly generation: number;
  /** Of the change that made it. Beside the generation, because a Redis that lost its latest writes counts them again. */
  readonly changeId: string;
}

export const RETIRED_LENGTH = 4;

/** A model of which nothing was ever registered. */
export function unregistered(model: string): RegisteredModel {
  return { model, canaryPercent: 0, retired: [], exchange: [], generation: 0, changeId: '' };
}
