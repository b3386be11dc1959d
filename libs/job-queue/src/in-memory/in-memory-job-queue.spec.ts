import { CONFORMANCE_SETTINGS, describeJobQueue } from '@sluice/testing';
import { InMemoryJobQueue } from './in-memory-job-queue.js';

describeJobQueue('the in-memory adapter', async () => {
  let now = 1_700_000_000_000;
  const queue = new InMemoryJobQueue(CONFORMANCE_SETTINGS, () => now);
  return {
    queue,
    settings: CONFORMANCE_SETTINGS,
    pass: async (ms) => {
      now += ms;
      // One turn of the event loop, so that a real timer of the suite may fire.
      await new Promise((resolve) => setTimeout(resolve, 1));
    },
    close: () => queue.stop(),
  };
});
