import { SluiceError } from '@sluice/contracts';
import type { NewJob } from '@sluice/job-queue';
import { Q, type QueueUnderTest } from './queue-under-test.js';

/** Bounds, and being woken. */
export function describeLimits(at: () => QueueUnderTest): void {
  describe('limits', () => {
    const refusal = (jobs: readonly NewJob[]) =>
      at()
        .queue.enqueue(Q, jobs)
        .then(
          () => 'accepted',
          (error: unknown) => (error instanceof SluiceError ? error.code : String(error)),
        );

    it('refuses a payload that is too large, and everything that came with it', async () => {
      const large = at().job({ payload: Buffer.alloc(at().settings.maxPayloadBytes + 1) });
      expect(await refusal([at().job(), large])).toBe('payload_too_large');
      expect((await at().queue.counts(Q)).waiting).toBe(0);
    });

    it('refuses what does not fit into the queue, whole, and takes it once there is room', async () => {
      await at().enqueue(at().settings.maxWaiting - 1);
      expect(await refusal([at().job(), at().job()])).toBe('queue_full');
      expect((await at().queue.counts(Q)).waiting).toBe(at().settings.maxWaiting - 1);
      expect(await refusal([at().job()])).toBe('accepted');
      expect(await refusal([at().job()])).toBe('queue_full');
      await at().lease('a', 1);
      expect(await refusal([at().job()])).toBe('accepted');
    });

    it('lets in no more than fit, also when all come at once', async () => {
      const fits = at().settings.maxWaiting;
      const answers = await Promise.all(
        Array.from({ length: fits + 25 }, (_, index) =>
          // Some take a step longer on their way in.
          refusal([at().job({ payload: Buffer.alloc(index % 3 === 0 ? 10_000 : 10) })]),
        ),
      );
      expect(answers.filter((answer) => answer === 'accepted')).toHaveLength(fits);
      expect(answers.filter((answer) => answer === 'queue_full')).toHaveLength(25);
      expect((await at().queue.counts(Q)).waiting).toBe(fits);
    });

    it('ends a job whose result is too large with an error', async () => {
      await at().enqueue(1);
      const held = await at().leaseOne('a');
      expect(await at().complete(held, 'x'.repeat(at().settings.maxResultBytes + 1))).toBe('settled');
      expect(await at().resultOf(held.lease.jobId)).toBe('inference_failed');
    });
  });

  describe('waitForWork', () => {
    const settled = async (waiting: Promise<void>) => {
      const result = await Promise.race([
        waiting.then(() => 'woken'),
        at()
          .pass(300)
          .then(() => 'asleep'),
      ]);
      return result;
    };

    it('wakes when a job arrives in one of the queues', async () => {
      const waiting = at().queue.waitForWork(['inference.other.1', Q], 5_000);
      await at().enqueue(1);
      expect(await settled(waiting)).toBe('woken');
    });

    it('wakes when a job comes back', async () => {
      await at().enqueue(1);
      const held = await at().leaseOne('a');
      // What is left of the wake-up for the first arrival.
      await at().queue.waitForWork([Q], 50);
      const waiting = at().queue.waitForWork([Q], 5_000);
      await at().queue.release([held.lease]);
      expect(await settled(waiting)).toBe('woken');
    });

    it('ends at its time, and when aborted', async () => {
      await at().queue.waitForWork([Q], 50);
      const abort = new AbortController();
      const waiting = at().queue.waitForWork([Q], 5_000, abort.signal);
      abort.abort();
      expect(await settled(waiting)).toBe('woken');
    });
  });
}
