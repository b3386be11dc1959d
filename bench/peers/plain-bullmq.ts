import { Queue, QueueEvents, Worker } from 'bullmq';
import type { Adder, QueueSide, QueueTerms } from '../scenarios/queue/queue-side.js';

/** What a job carries, and what it answers: BullMQ stores both as JSON. */
interface Carried {
  readonly payload: string;
}

const QUEUE = 'bench';
/** As many jobs at once as Sluice takes into a batch. */
const CONCURRENCY = 32;
const ANSWER_TIMEOUT_MS = 30_000;

/** A queue, a worker and `waitUntilFinished`, as BullMQ's documentation has them. It keeps the last 1,000 jobs. */
export const plainBullMq: QueueSide = { openAdder, openWorker };

async function openAdder({ redisUrl }: QueueTerms): Promise<Adder> {
  const connection = { url: redisUrl };
  const queue = new Queue<Carried, Carried>(QUEUE, {
    connection,
    // With `true` a job that ends before `waitUntilFinished` looks for it is taken for missing.
    defaultJobOptions: { removeOnComplete: { count: 1_000 }, removeOnFail: { count: 1_000 } },
  });
  const events = new QueueEvents(QUEUE, { connection });
  // Every job in flight listens.
  queue.setMaxListeners(0);
  events.setMaxListeners(0);
  await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);
  return {
    request: async (bytes) => {
      const job = await queue.add('infer', { payload: Buffer.from(bytes).toString('base64') });
      const { payload } = await job.waitUntilFinished(events, ANSWER_TIMEOUT_MS);
      return Buffer.from(payload, 'base64');
    },
  };
}

async function openWorker({ redisUrl }: QueueTerms): Promise<void> {
  const connection = { url: redisUrl };
  const worker = new Worker<Carried, Carried>(QUEUE, async ({ data }) => data, {
    connection,
    concurrency: CONCURRENCY,
  });
  await worker.waitUntilReady();
}
