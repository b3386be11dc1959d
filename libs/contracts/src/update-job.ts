import type { ModelRef } from './model.js';

/** A unit of work of the class `model-update`, as it is queued. */
export type UpdateJob = ProfileJob;

/** Measures what batches of a version cost on the worker's device. */
export interface ProfileJob extends ModelRef {
  readonly kind: 'profile';
  /** Also when there is a profile of the version on this kind of device. */
  readonly again: boolean;
}

export function encodeUpdateJob(job: UpdateJob): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(job));
}

/** @throws Error when the bytes are no update job */
export function decodeUpdateJob(bytes: Uint8Array): UpdateJob {
  const job: unknown = JSON.parse(new TextDecoder().decode(bytes));
  if (isProfileJob(job)) return job;
  throw new Error('no update job: expected {"kind": "profile", "model": …, "version": …, "again": …}');
}

function isProfileJob(value: unknown): value is ProfileJob {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, model, version, again } = value as Partial<Record<keyof ProfileJob, unknown>>;
  return kind === 'profile' && typeof model === 'string' && typeof version === 'string' && typeof again === 'boolean';
}
