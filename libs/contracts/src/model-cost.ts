import type { ModelRef } from './model.js';

/** What runs of a model cost on a device, as learnt: `fixedMs + perRowMs * rows`. */
export interface CostReport {
  readonly fixedMs: number;
  readonly perRowMs: number;
  /** Mean relative error of its latest predictions; undefined before there was one. */
  readonly error: number | undefined;
  /** Runs that it was learnt from. */
  readonly observations: number;
}

/** What a batch of so many rows took, the median of many runs. */
export interface CostPoint {
  readonly rows: number;
  readonly ms: number;
}

/** Batches of many sizes, measured on one kind of device. */
export interface ModelProfile extends ModelRef {
  /** What the costs depend on beside the model, e.g. `cpu: AMD EPYC 7B13, 2 threads`. */
  readonly deviceKind: string;
  /** Of the version's files when it was measured: another one means that the profile is void. */
  readonly fingerprint: string;
  /** By bucket; '' for a model without ragged dimensions. */
  readonly buckets: Readonly<Record<string, readonly CostPoint[]>>;
  /** By bucket: the batch beyond which more rows bring less than 5 % more of them a second. */
  readonly bestBatch: Readonly<Record<string, number>>;
  /** How often it was begun; one that is not finished has no buckets. */
  readonly attempts: number;
  /** Milliseconds since the epoch. */
  readonly measuredAt: number;
}
