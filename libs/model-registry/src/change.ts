import type { RegisteredModel } from './registered-model.js';

/** A step that the desired state of a model can take. */
export type Change =
  /** A version becomes live at once; a candidate is dropped. */
  | { readonly kind: 'serve'; readonly version: string }
  /** A version becomes the candidate. */
  | { readonly kind: 'propose'; readonly version: string; readonly canaryPercent: number }
  /** The candidate gets another share. */
  | { readonly kind: 'shift'; readonly canaryPercent: number }
  /** These workers too may put the one version into the place of the other, where both do not fit. */
  | { readonly kind: 'exchange'; readonly workers: readonly string[] }
  /** The candidate becomes live. */
  | { readonly kind: 'promote' }
  /** The candidate is dropped: its requests go to the live version. */
  | { readonly kind: 'withdraw' };

export interface ChangeNote {
  /** Who: a person, or the part of Sluice that decided. */
  readonly by: string;
  /** Why, in words. */
  readonly reason?: string | undefined;
  /** Whoever repeats a change, because its outcome is not known, gives the same id; a new one by default. */
  readonly id?: string | undefined;
}

/** A change that was made. */
export interface Revision {
  /** What it made. */
  readonly state: RegisteredModel;
  readonly change: Change;
  readonly by: string;
  readonly reason?: string | undefined;
  /** By the registry's clock, in ms. */
  readonly at: number;
}
