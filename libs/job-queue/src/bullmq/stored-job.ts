import { z } from 'zod';
import type { Deaths, NewJob } from '../job-queue.js';

/**
 * A job as BullMQ stores it. `data` and `returnvalue` pass through JSON, so that bytes are in them as base64, or lie
 * beside them: in a field of the job's hash, or in a key of their own when they are large.
 */
const storedBytes = z.union([
  // Most are such; each kind that does not fit costs the making of an error.
  z.object({ field: z.string(), bytes: z.number() }),
  z.object({ key: z.string() }),
  z.object({ base64: z.string() }),
]);
export type StoredBytes = z.infer<typeof storedBytes>;

/** The kind of work of a job that names none. */
export const DEFAULT_NAME = 'infer';

const death = z.enum(['in-company', 'alone']);
const jobData = z.object({
  label: z.record(z.string(), z.union([z.string(), z.number()])),
  replyTo: z.string(),
  expiresAt: z.number(),
  payload: storedBytes,
  /** Absent: as long as the settings say. */
  keepResultMs: z.number().optional(),
  owner: z.string().optional(),
  /** By attempt, so that two sweepers that see the same death count it once. */
  deaths: z.record(z.string(), death).optional(),
});
export type StoredJobData = z.infer<typeof jobData>;

export function toJobData(job: NewJob, payload: StoredBytes): StoredJobData {
  const { label, replyTo, expiresAt, keepResultMs, owner } = job;
  // What is undefined JSON leaves out.
  return { label: { ...label }, replyTo, expiresAt, payload, keepResultMs, owner };
}

/** Undefined when somebody else's job lies in the queue. */
export function parseJobData(data: unknown): StoredJobData | undefined {
  return jobData.safeParse(data).data;
}

export function countDeaths({ deaths = {} }: StoredJobData): Deaths {
  const kinds = Object.values(deaths);
  const alone = kinds.filter((kind) => kind === 'alone').length;
  return { alone, inCompany: kinds.length - alone };
}

/** Undefined when the job was completed by somebody else's worker. */
export function parseReturnValue(value: unknown): StoredBytes | undefined {
  return storedBytes.safeParse(value).data;
}
