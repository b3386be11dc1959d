import type { ErrorBody } from '@sluice/contracts';

/** `active`: leased, also while its holder is gone and nobody has swept it yet. */
export const JOB_STATES = ['waiting', 'active', 'completed', 'failed'] as const;
export type JobState = (typeof JOB_STATES)[number];

/** Where a job is found. */
export interface JobAddress {
  readonly queue: string;
  readonly jobId: string;
}

/** What is known about one job, but for its payload and its result. */
export interface JobRecord {
  readonly id: string;
  readonly queue: string;
  readonly label: Readonly<Record<string, string | number>>;
  readonly replyTo: string;
  readonly owner?: string;
  readonly state: JobState;
  /** Only while it waits: 1 is the next to be leased. */
  readonly position?: number;
  readonly priority: number;
  readonly enqueuedAt: number;
  /** When it was leased last. */
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** When the queue gives it up if it has not started. */
  readonly expiresAt: number;
  /** Only when it has ended: until then its outcome can be read, unless a bound removes it earlier. */
  readonly keptUntil?: number;
  /** How often it has been leased. */
  readonly attempts: number;
  /** Who leased it last. */
  readonly holder?: string;
  /** Only when it failed. */
  readonly error?: ErrorBody;
}

/** What a key given by a client stands for: the job that was made for it, and a digest of what was asked. */
export interface Claim extends JobAddress {
  readonly fingerprint: string;
}
