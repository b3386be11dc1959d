import { SluiceError } from '@sluice/contracts';
import type { NewJob } from '@sluice/job-queue';
import { Q, type QueueUnderTest } from './queue-under-test.js';

/** Bounds. */
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

    it('refuses more bytes than may wait, says how many do, and takes them once there is room', async () => {
      const payload = Buffer.alloc(at().settings.maxPayloadBytes * 0.9);
      await at().enqueue(2, { payload });
      const more = at().job({ payload: Buffer.alloc(at().settings.maxWaitingBytes - 2 * payload.length + 1) });
      const failure = await at()
        .queue.enqueue(Q, [more])
        .catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'queue_full', message: expect.stringContaining('1800000 bytes') });
      expect(failure).toMatchObject({ message: expect.stringContaining('2000000 (SLUICE_MAX_WAITING_BYTES)') });
      expect(await refusal([at().job({ payload: Buffer.alloc(1_000) })])).toBe('accepted');
      await at().lease('a', 1);
      expect(await refusal([more])).toBe('accepted');
      expect((await at().queue.counts(Q)).waiting).toBe(3);
    });

    it('ends a job whose result is too large with an error', async () => {
      await at().enqueue(1);
      const held = await at().leaseOne('a');
      expect(await at().complete(held, 'x'.repeat(at().settings.maxResultBytes + 1))).toBe('settled');
      expect(await at().resultOf(held.lease.jobId)).toBe('inference_failed');
    });
  });
}
