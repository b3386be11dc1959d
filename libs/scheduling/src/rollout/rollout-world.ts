import type { ArmCounts, ErrorBody, Introduction, ModelReport, StageResult } from '@sluice/contracts';

/** What can be seen of a rollout's surroundings: each part for itself, none of it from the same moment as another. */
export interface RolloutWorld {
  /** By the queue's clock. */
  readonly now: number;
  readonly registry: DesiredVersions;
  /** The workers alive. */
  readonly workers: readonly WorkerSight[];
  /** Of the model, told by any of them. */
  readonly arms: readonly ArmCounts[];
  /** The job of the phase; undefined: it has none, or none that was looked at. */
  readonly job?: StageJob | undefined;
}

/** The registry's state of the model. */
export interface DesiredVersions {
  readonly live?: string | undefined;
  readonly candidate?: string | undefined;
  readonly canaryPercent: number;
  readonly exchange: readonly string[];
  readonly generation: number;
  readonly changeId: string;
}

export interface WorkerSight {
  readonly id: string;
  readonly state: 'starting' | 'serving' | 'draining';
  /** Of the model, its versions. */
  readonly models: readonly ModelReport[];
  /** Of the model. */
  readonly introduction?: Introduction | undefined;
}

export type StageJob =
  | { readonly state: 'waiting' | 'active' | 'gone' }
  | { readonly state: 'ended'; readonly result: StageResult }
  | { readonly state: 'failed'; readonly error: ErrorBody };
