import type { ErrorBody } from '@sluice/contracts';

/** What an operator wants of a model. */
export interface DesiredState {
  readonly state: 'loaded' | 'unloaded';
  /** Another one for every wish, so that to load what is loaded is a wish too: to look into the folder again. */
  readonly revision: string;
}

/** What a worker made of a wish. */
export interface AppliedState {
  readonly revision: string;
  /** Why it is not as wished; empty when it is. */
  readonly faults: readonly ErrorBody[];
}
