import type { JobsOptions } from 'bullmq';
import type { NewJob, QueueSettings } from '../job-queue.js';

/** Clocks differ, and a job that is kept as long as possible is removed by us, not by BullMQ a little earlier. */
const AGE_MARGIN_MS = 3_600_000;

/** How long BullMQ keeps an ended job, in seconds: what a plain worker of its own ended; the rest is pruned in time. */
export function keepAgeOf({ keepAtMostMs }: QueueSettings): number {
  return (keepAtMostMs + AGE_MARGIN_MS) / 1000;
}

/** @param timestamp of the queue's clock, not of this host's: waiting times are measured against it */
export function jobOptions({ id, priority }: NewJob, timestamp: number, settings: QueueSettings): JobsOptions {
  const keep = { age: keepAgeOf(settings) };
  return { jobId: id, timestamp, priority, attempts: 1, removeOnComplete: keep, removeOnFail: keep };
}
