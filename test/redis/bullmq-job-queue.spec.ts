import { BullMqJobQueue } from '@sluice/job-queue';
import { CONFORMANCE_SETTINGS, describeJobQueue, startRedis } from '@sluice/testing';

const redis = await startRedis();
afterAll(() => redis.stop());

let run = 0;

describeJobQueue('the BullMQ adapter', async () => {
  const errors: Error[] = [];
  const queue = new BullMqJobQueue({
    redisUrl: redis.url,
    // No test sees another's jobs.
    prefix: `conformance-${++run}`,
    settings: CONFORMANCE_SETTINGS,
    onError: (error) => errors.push(error),
  });
  await queue.start();
  return {
    queue,
    settings: CONFORMANCE_SETTINGS,
    // Leases and expiry live on Redis' own clock: here time really passes.
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    close: async () => {
      await queue.stop();
      await queue.stop();
      expect(errors).toEqual([]);
    },
  };
});
