import { BatchedJobQueue, BullMqJobQueue } from '@sluice/job-queue';
import { plainBullMq } from '../../peers/plain-bullmq.js';
import { jobQueueSide, type OpenJobQueue } from './job-queue-side.js';
import type { QueueSide } from './queue-side.js';

const PREFIX = 'bull';

function onError(error: Error): never {
  throw error;
}

/** The adapters of the port, by the names that the keys of the bench begin with. */
export const JOB_QUEUES = {
  reference: (redisUrl, settings) => new BullMqJobQueue({ redisUrl, prefix: PREFIX, settings, onError }),
  batched: (redisUrl, settings) => new BatchedJobQueue({ redisUrl, prefix: PREFIX, settings, onError }),
} as const satisfies Readonly<Record<string, OpenJobQueue>>;

/** All that is measured side by side. */
export const SIDES = {
  reference: jobQueueSide(JOB_QUEUES.reference),
  batched: jobQueueSide(JOB_QUEUES.batched),
  waitUntilFinished: plainBullMq,
} as const satisfies Readonly<Record<string, QueueSide>>;

export type SideName = keyof typeof SIDES;
export type JobQueueName = keyof typeof JOB_QUEUES;

/** @throws Error when there is none of that name */
export function sideNamed(name: string): QueueSide {
  const [, side] = Object.entries(SIDES).find(([known]) => known === name) ?? [];
  if (!side) throw new Error(`no side "${name}": expected one of ${Object.keys(SIDES).join(', ')}`);
  return side;
}
