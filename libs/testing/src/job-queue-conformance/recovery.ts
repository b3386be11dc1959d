import { alive, dead, idsOf, Q, type QueueUnderTest } from './queue-under-test.js';

/** Operations sent again, and workers that are gone. */
export function describeRecovery(at: () => QueueUnderTest): void {
  describe('sent again', () => {
    it('enqueue adds nothing, also when the job has been leased or has ended', async () => {
      const one = at().job();
      await at().queue.enqueue(Q, [one]);
      await at().queue.enqueue(Q, [one]);
      const held = await at().leaseOne('a');
      await at().queue.enqueue(Q, [one]);
      expect(await at().lease('a', 5)).toEqual([]);
      await at().complete(held, 'first');
      await at().queue.enqueue(Q, [one]);
      expect(await at().lease('a', 5)).toEqual([]);
      expect(await at().resultOf(one.id)).toBe('first');
    });

    it('lease: jobs whose lease was never answered come back when it lapses', async () => {
      const all = await at().enqueue(4);
      await at().lease('a', 2);
      const answered = await at().lease('a', 2);
      await at().pass(at().settings.leaseMs * 0.6);
      await at().queue.extend(answered.map(({ lease: mine }) => mine));
      await at().pass(at().settings.leaseMs * 0.6);
      await at().queue.sweep(Q, alive);
      expect(idsOf(await at().lease('a', 4))).toEqual(all.slice(0, 2));
    });

    it('settle answers the same, and the first result stands', async () => {
      await at().enqueue(1);
      const held = await at().leaseOne('a');
      expect(await at().complete(held, 'first')).toBe('settled');
      expect(await at().complete(held, 'second')).toBe('settled');
      expect(await at().resultOf(held.lease.jobId)).toBe('first');
      // A lease is data: whoever knows it by value may repeat the call.
      expect(await at().complete({ lease: { ...held.lease } }, 'third')).toBe('settled');
      expect((await at().queue.counts(Q)).completed).toBe(1);
    });

    it('release takes a job from nobody', async () => {
      const [id] = await at().enqueue(1);
      const held = await at().leaseOne('a');
      await at().queue.release([held.lease]);
      await at().queue.release([held.lease]);
      const next = await at().lease('b', 5);
      expect(idsOf(next)).toEqual([id]);
      await at().queue.release([held.lease]);
      expect(await at().complete(next[0]!)).toBe('settled');
    });

    it('extend, sweep and cancel change nothing more', async () => {
      const [first, second] = await at().enqueue(2);
      const held = await at().leaseOne('a');
      expect(await at().queue.extend([held.lease])).toEqual([]);
      expect(await at().queue.extend([held.lease])).toEqual([]);
      expect(await at().queue.sweep(Q, dead(first!))).toHaveLength(1);
      expect(await at().queue.sweep(Q, dead(first!))).toEqual([]);
      expect(await at().queue.cancel(Q, [second!])).toEqual(['cancelled']);
      expect(await at().queue.cancel(Q, [second!])).toEqual(['ended']);
      expect(idsOf(await at().lease('b', 5))).toEqual([first]);
    });
  });

  describe('sweep', () => {
    it('leaves alone what a living worker holds', async () => {
      await at().enqueue(2);
      const held = await at().lease('a', 2);
      expect(await at().queue.sweep(Q, alive)).toEqual([]);
      expect(await at().complete(held[0]!)).toBe('settled');
    });

    it('returns the jobs of a dead worker to their places, without waiting for the lease', async () => {
      const all = await at().enqueue(5);
      await at().lease('victim', 3);
      const swept = await at().queue.sweep(Q, dead());
      expect(swept.map(({ jobId }) => jobId).toSorted()).toEqual(all.slice(0, 3));
      expect(swept.every(({ reason, death }) => reason === 'holder-gone' && death === 'none')).toBe(true);
      expect(idsOf(await at().lease('b', 5))).toEqual(all);
    });

    it('tells those who were in the run from bystanders, and a run alone from a run in company', async () => {
      const [first, second, bystander] = await at().enqueue(3);
      await at().lease('victim', 3);
      await at().queue.sweep(Q, dead(first!, second!));
      const again = await at().lease('victim', 3);
      expect(again.map(({ deaths }) => deaths)).toEqual([
        { inCompany: 1, alone: 0 },
        { inCompany: 1, alone: 0 },
        { inCompany: 0, alone: 0 },
      ]);
      expect(again[2]?.lease.jobId).toBe(bystander);
      await at().queue.sweep(Q, dead(first!));
      const [once] = await at().lease('victim', 1);
      expect(once).toMatchObject({ lease: { jobId: first, attempt: 3 }, deaths: { inCompany: 1, alone: 1 } });
    });

    it('by several at once returns a job once and counts a death once', async () => {
      const all = await at().enqueue(10);
      await at().lease('victim', 10);
      const sweeps = await Promise.all([1, 2, 3].map(() => at().queue.sweep(Q, dead(all[0]!))));
      expect(
        sweeps
          .flat()
          .map(({ jobId }) => jobId)
          .toSorted(),
      ).toEqual(all);
      const again = await at().lease('b', 20);
      expect(idsOf(again)).toEqual(all);
      expect(again[0]?.deaths).toEqual({ inCompany: 0, alone: 1 });
    });
  });
}
