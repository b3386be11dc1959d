import { Q, type QueueUnderTest } from './queue-under-test.js';

/** How long ended jobs stay, and how many. */
export function describeRetention(at: () => QueueUnderTest): void {
  const LONG = { keepResultMs: 2_500 };

  describe('retention', () => {
    it('keeps each job for its own time, whatever ends beside it', async () => {
      const [long] = await at().run(1, LONG);
      const [brief] = await at().run(1);
      await at().pass(at().settings.keepResultsMs + 50);
      const [later] = await at().run(1);
      await at().queue.prune();
      expect(await at().kept([long!, brief!, later!])).toEqual([long, later]);
      expect((await at().queue.counts(Q)).completed).toBe(2);
      await at().pass(LONG.keepResultMs);
      await at().queue.prune();
      expect(await at().kept([long!, later!])).toEqual([]);
      expect(await at().queue.counts(Q)).toMatchObject({ completed: 0, failed: 0 });
    });

    it('keeps nothing longer than any job may be kept', async () => {
      const [id] = await at().run(1, { keepResultMs: 3_600_000 });
      await at().pass(at().settings.keepAtMostMs + 50);
      expect(await at().kept([id!])).toEqual([]);
    });

    it('a result whose time is over cannot be read, pruned or not', async () => {
      const [id] = await at().run(1, {}, 'x'.repeat(50_000));
      await at().pass(at().settings.keepResultsMs + 50);
      expect(await at().resultOf(id!)).toBe('gone');
      expect(await at().queue.describe(Q, [id!])).toEqual([undefined]);
    });

    it('removes the oldest beyond the number, and those with a time of their own apart from the rest', async () => {
      const { maxKeptJobs } = at().settings;
      const brief = await at().run(maxKeptJobs + 2);
      const long = await at().run(maxKeptJobs + 3, LONG);
      await at().queue.prune();
      expect(await at().kept(brief)).toEqual(brief.slice(2));
      expect(await at().kept(long)).toEqual(long.slice(3));
    });

    it.each([3_000, 100_000])('removes the oldest beyond the bytes, results of %i bytes', async (size) => {
      const { maxKeptBytes } = at().settings;
      const fit = Math.min(at().settings.maxKeptJobs, Math.floor(maxKeptBytes / (size * 1.4 + 1_500)));
      const ids = await at().run(5, {}, 'x'.repeat(size));
      await at().queue.prune();
      const kept = await at().kept(ids);
      expect(kept).toEqual(ids.slice(-kept.length));
      expect(kept.length).toBeGreaterThanOrEqual(Math.min(5, fit));
      expect(kept.length * size).toBeLessThanOrEqual(maxKeptBytes);
    });

    it('counts what was removed on request for nothing', async () => {
      const { maxKeptJobs } = at().settings;
      const first = await at().run(maxKeptJobs);
      await at().queue.forget(Q, first);
      expect(await at().kept(first)).toEqual([]);
      const next = await at().run(2);
      await at().queue.prune();
      expect(await at().kept(next)).toEqual(next);
    });

    it('removes nothing that has not ended', async () => {
      const waiting = await at().enqueue(2);
      const active = await at().leaseOne('a');
      await at().queue.forget(Q, waiting);
      await at().queue.prune();
      expect((await at().queue.inspect(Q, waiting)).map(({ state }) => state)).toEqual(['active', 'waiting']);
      expect(await at().complete(active)).toBe('settled');
    });

    it('lets a job run again under an id that was forgotten, and keeps it for its time', async () => {
      const job = at().job();
      await at().queue.enqueue(Q, [job]);
      await at().complete(await at().leaseOne('a'), 'first');
      await at().pass(at().settings.keepResultsMs * 0.6);
      await at().queue.forget(Q, [job.id]);
      await at().queue.enqueue(Q, [job]);
      await at().complete(await at().leaseOne('a'), 'second');
      await at().pass(at().settings.keepResultsMs * 0.6);
      await at().queue.prune();
      expect(await at().resultOf(job.id)).toBe('second');
    });

    it('by several at once removes what one would', async () => {
      const ids = await at().run(at().settings.maxKeptJobs + 4);
      await Promise.all([1, 2, 3].map(() => at().queue.prune()));
      expect(await at().kept(ids)).toEqual(ids.slice(4));
    });
  });
}
