import { JobIds, type JobQueue, type LeasedJob, type QueueSettings } from '@sluice/job-queue';
import { GENEROUS_SETTINGS } from '../../harness/queue-settings.js';
import type { Adder, QueueSide, QueueTerms } from './queue-side.js';

/** Makes an adapter, which is not started yet. */
export type OpenJobQueue = (redisUrl: string, settings: QueueSettings) => JobQueue;

const QUEUE = 'inference.bench.1';
const ADDER_ID = 'adder';
const WORKER_ID = 'worker';
const MAX_BATCH = 32;
/** Batches that are not settled when the next one is leased, as in a worker. */
const MAX_UNSETTLED = 4;
const MINUTE_MS = 60_000;
/** As often as a worker does both. */
const WAIT_MS = 5_000;
const PRUNE_EVERY_MS = 1_000;

/** An adapter of the `JobQueue` port, used as the API and the worker use it. */
export function jobQueueSide(open: OpenJobQueue): QueueSide {
  return {
    openAdder: (terms) => openAdder(open, terms),
    openWorker: (terms) => openWorker(open, terms),
  };
}

/** What is lost or refused is no number: an error ends the process, and with it the bench. */
function fail(error: Error): never {
  throw error;
}

async function connect(open: OpenJobQueue, { redisUrl, keep }: QueueTerms): Promise<JobQueue> {
  const settings = keep === 'results' ? GENEROUS_SETTINGS : { ...GENEROUS_SETTINGS, keepResultsMs: 0, maxKeptJobs: 0 };
  const queue = open(redisUrl, settings);
  await queue.start();
  return queue;
}

async function openAdder(open: OpenJobQueue, terms: QueueTerms): Promise<Adder> {
  const queue = await connect(open, terms);
  const ids = new JobIds(() => queue.now(), Math.random);
  const waiting = new Map<string, (result: Uint8Array) => void>();
  await queue.listenForReplies(
    ADDER_ID,
    (replies) => {
      for (const { jobId, outcome } of replies) {
        if (!outcome.ok) throw new Error(`job ${jobId} failed: ${outcome.error.message}`);
        waiting.get(jobId)?.(outcome.result);
        waiting.delete(jobId);
      }
    },
    () => fail(new Error('the subscription was interrupted: replies may be lost')),
  );
  return {
    request: (payload) => {
      const id = ids.next();
      return new Promise((resolve, reject) => {
        waiting.set(id, resolve);
        const expiresAt = queue.now() + MINUTE_MS;
        const job = { id, label: { model: 'bench' }, replyTo: ADDER_ID, priority: 1, expiresAt, payload };
        queue.enqueue(QUEUE, [job]).catch(reject);
      });
    },
  };
}

/** While batches are settled the next one is leased, as beside a device that is busy. */
async function openWorker(open: OpenJobQueue, terms: QueueTerms): Promise<void> {
  const queue = await connect(open, terms);
  const unsettled = new Set<Promise<void>>();
  const finish = async (jobs: readonly LeasedJob[]) => {
    const outcomes = await queue.settle(
      jobs.map(({ lease, payload }) => ({ lease, outcome: { ok: true, result: payload } })),
    );
    if (outcomes.includes('lost')) throw new Error('a lease was lost: nobody else is here to take it');
  };
  const serve = async (): Promise<never> => {
    for (;;) {
      const { jobs, dropped } = await queue.lease(QUEUE, { holder: WORKER_ID, max: MAX_BATCH });
      if (dropped.length > 0) throw new Error(`jobs were dropped: ${JSON.stringify(dropped)}`);
      if (jobs.length === 0) {
        await queue.waitForWork([QUEUE], WAIT_MS);
        continue;
      }
      const finishing = finish(jobs).finally(() => unsettled.delete(finishing));
      unsettled.add(finishing);
      if (unsettled.size === MAX_UNSETTLED) await Promise.race(unsettled);
    }
  };
  setInterval(() => void queue.prune(), PRUNE_EVERY_MS);
  void serve();
}
