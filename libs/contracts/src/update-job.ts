import { z } from 'zod';
import type { ModelRef } from './model.js';
import type { GoldenCheck } from './rollout.js';

/** A unit of work of the class `model-update`, as it is queued. */
export type UpdateJob = ProfileJob | IntroduceJob | VerifyJob | SandboxJob | GoldenJob;

/** Measures what batches of a version cost on the worker's device. */
export interface ProfileJob extends ModelRef {
  readonly kind: 'profile';
  /** Also when there is a profile of the version on this kind of device. */
  readonly again: boolean;
}

/** Brings the candidate into service on one worker: fetch, load, warm up, profile. */
export interface IntroduceJob extends ModelRef {
  readonly kind: 'introduce';
  /** Of the registry's state that asked for it. */
  readonly generation: number;
  readonly attempt: number;
}

/** Work of a rollout that one worker does for the fleet. */
interface FleetJob extends ModelRef {
  readonly rollout: string;
  readonly attempt: number;
}

/** Compares the bytes of a version with its digests. */
export interface VerifyJob extends FleetJob {
  readonly kind: 'verify';
}

/** Opens a version in a process of its own. */
export interface SandboxJob extends FleetJob {
  readonly kind: 'sandbox';
}

/** Runs inputs whose answers are known, on a worker that has the candidate ready. */
export interface GoldenJob extends FleetJob {
  readonly kind: 'golden';
  /** The version to compare with where an item names no outputs; undefined: none is live. */
  readonly against?: string | undefined;
  /** Undefined: inputs of the worker's own making, whose answers are only to be numbers where the live version's are. */
  readonly check?: GoldenCheck | undefined;
}

const ref = { model: z.string(), version: z.string() };
const fleet = { ...ref, rollout: z.string(), attempt: z.int().positive() };
const check = z.object({ digest: z.string(), absolute: z.number(), relative: z.number(), maxWrong: z.number() });
const updateJob: z.ZodType<UpdateJob> = z.discriminatedUnion('kind', [
  z.object({ ...ref, kind: z.literal('profile'), again: z.boolean() }),
  z.object({ ...ref, kind: z.literal('introduce'), generation: z.int().positive(), attempt: z.int().positive() }),
  z.object({ ...fleet, kind: z.literal('verify') }),
  z.object({ ...fleet, kind: z.literal('sandbox') }),
  z.object({ ...fleet, kind: z.literal('golden'), against: z.string().optional(), check: check.optional() }),
]);

export function encodeUpdateJob(job: UpdateJob): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(job));
}

/** @throws Error when the bytes are no update job */
export function decodeUpdateJob(bytes: Uint8Array): UpdateJob {
  const { success, data } = updateJob.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
  if (success) return data;
  throw new Error(
    'no update job: expected {"kind": "profile", "introduce", "verify", "sandbox" or "golden", "model": …}',
  );
}
