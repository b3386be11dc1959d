import type { BullMqJobQueue } from '@sluice/job-queue';
import { CONFORMANCE_SETTINGS, describeJobQueue, startRedis, type JobQueueFixture } from '@sluice/testing';
import { Queue } from 'bullmq';
import { REDIS_ADAPTERS } from './fixtures/adapters.js';

const redis = await startRedis();
afterAll(() => redis.stop());

let run = 0;

for (const { adapter, Adapter } of REDIS_ADAPTERS) describeJobQueue(`the ${adapter} adapter`, () => open(Adapter));

async function open(Adapter: (typeof REDIS_ADAPTERS)[number]['Adapter']): Promise<JobQueueFixture> {
  const errors: Error[] = [];
  // No test sees another's jobs.
  const prefix = `conformance-${++run}`;
  const opened: BullMqJobQueue[] = [];
  const openOne = async () => {
    const settings = CONFORMANCE_SETTINGS;
    const queue = new Adapter({ redisUrl: redis.url, prefix, settings, onError: (error) => errors.push(error) });
    opened.push(queue);
    await queue.start();
    return queue;
  };
  return {
    queue: await openOne(),
    settings: CONFORMANCE_SETTINGS,
    beside: openOne,
    // Leases and expiry live on Redis' own clock: here time really passes.
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    settled: (promise) => promise,
    pause: async (name) => {
      const queue = new Queue(name, { connection: { url: redis.url }, prefix });
      await queue.pause();
      await queue.close();
    },
    close: async () => {
      for (const queue of [...opened, ...opened]) await queue.stop();
      expect(errors).toEqual([]);
    },
  };
}
