import { idsOf, Q, type QueueUnderTest } from './queue-under-test.js';

/** Ending jobs: with results, by expiry, by cancelling. */
export function describeSettling(at: () => QueueUnderTest): void {
  describe('settle', () => {
    it.each([0, 10, 100_000])('keeps a result of %i bytes', async (size) => {
      await at().enqueue(1);
      const held = await at().leaseOne('a');
      expect(await at().complete(held, 'x'.repeat(size))).toBe('settled');
      expect(await at().resultOf(held.lease.jobId)).toBe('x'.repeat(size));
      expect(await at().queue.counts(Q)).toMatchObject({ waiting: 0, active: 0, completed: 1, failed: 0 });
    });

    it('ends each job by itself: an error beside results', async () => {
      await at().enqueue(3);
      const held = await at().lease('a', 3);
      const error = { code: 'inference_failed', message: 'divide: by zero' } as const;
      const outcomes = await at().queue.settle(
        held.map(({ lease: mine }, index) => ({
          lease: mine,
          outcome: index === 1 ? { ok: false, error } : { ok: true, result: Buffer.from('fine') },
        })),
      );
      expect(outcomes).toEqual(['settled', 'settled', 'settled']);
      const states = await at().queue.inspect(Q, idsOf(held));
      expect(states[1]).toEqual({ state: 'ended', outcome: { ok: false, error } });
      expect(states[0]).toMatchObject({ state: 'ended', outcome: { ok: true } });
    });

    it('forgets a result after its time', async () => {
      await at().enqueue(2);
      const first = await at().leaseOne('a');
      await at().complete(first);
      await at().pass(at().settings.keepResultsMs + 50);
      const second = await at().leaseOne('a');
      await at().complete(second);
      expect(await at().resultOf(first.lease.jobId)).toBe('gone');
      expect(await at().resultOf(second.lease.jobId)).toBe('result');
    });
  });

  describe('expiry', () => {
    it('drops what expired while it waited, says so, and hands out the rest', async () => {
      const [late] = await at().enqueue(1, { expiresAt: at().queue.now() + 100 });
      const [fine] = await at().enqueue(1);
      await at().pass(150);
      const { jobs, dropped } = await at().queue.lease(Q, { holder: 'a', max: 5 });
      expect(idsOf(jobs)).toEqual([fine]);
      expect(dropped).toMatchObject([{ jobId: late, error: { code: 'deadline_exceeded' } }]);
      expect(await at().resultOf(late!)).toBe('deadline_exceeded');
    });
  });

  it('cancel removes what waits, and says what it cannot remove', async () => {
    const [running, waiting, ended] = await at().enqueue(3, { payload: Buffer.alloc(10_000) });
    const held = await at().lease('a', 3);
    await at().queue.release([held[1]!.lease]);
    await at().complete(held[2]!);
    const all = [running!, waiting!, ended!, 'unknown'];
    expect(await at().queue.cancel(Q, all)).toEqual(['started', 'cancelled', 'ended', 'ended']);
    expect((await at().queue.inspect(Q, all)).map(({ state }) => state)).toEqual(['active', 'gone', 'ended', 'gone']);
    expect(await at().lease('b', 5)).toEqual([]);
  });
}
