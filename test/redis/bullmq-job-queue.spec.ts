import { BullMqJobQueue } from '@sluice/job-queue';
import { CONFORMANCE_SETTINGS, describeJobQueue, startRedis } from '@sluice/testing';
import { Queue } from 'bullmq';

const redis = await startRedis();
afterAll(() => redis.stop());

let run = 0;

describeJobQueue('the BullMQ adapter', async () => {
  const errors: Error[] = [];
  // No test sees another's jobs.
  const prefix = `conformance-${++run}`;
  const opened: BullMqJobQueue[] = [];
  const open = async () => {
    const settings = CONFORMANCE_SETTINGS;
    const queue = new BullMqJobQueue({ redisUrl: redis.url, prefix, settings, onError: (error) => errors.push(error) });
    opened.push(queue);
    await queue.start();
    return queue;
  };
  return {
    queue: await open(),
    settings: CONFORMANCE_SETTINGS,
    beside: open,
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
});
