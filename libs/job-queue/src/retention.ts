import type { QueueSettings } from './job-queue.js';

/** Ended jobs are counted apart by how they are kept: for the default time, or for one that they asked for. */
export const RETENTION_CLASSES = ['brief', 'long'] as const;
export type RetentionClass = (typeof RETENTION_CLASSES)[number];

/**
 * Nobody but a caller whose reply got lost reads a result that is kept briefly, within seconds: more of them cost memory
 * and help nobody.
 */
const MAX_BRIEF_JOBS = 10_000;

/** What a kept job costs beside its payload and its result: fields, names, its entry in the books. */
const OVERHEAD_BYTES = 1_000;

export function retentionClass(keepResultMs: number | undefined): RetentionClass {
  return keepResultMs === undefined ? 'brief' : 'long';
}

export function keepMs(keepResultMs: number | undefined, { keepResultsMs, keepAtMostMs }: QueueSettings): number {
  return Math.min(keepResultMs ?? keepResultsMs, keepAtMostMs);
}

export function keptBounds(
  kind: RetentionClass,
  { maxKeptJobs, maxKeptBytes }: QueueSettings,
): { readonly jobs: number; readonly bytes: number } {
  return { jobs: kind === 'brief' ? Math.min(maxKeptJobs, MAX_BRIEF_JOBS) : maxKeptJobs, bytes: maxKeptBytes };
}

export function keptBytes(contentBytes: number): number {
  return OVERHEAD_BYTES + contentBytes;
}
