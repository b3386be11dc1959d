import { idsOf, Q, type QueueUnderTest } from './queue-under-test.js';

const OTHER = 'inference.other.1';

/** What a policy asks of the queues: what comes next, what lies before it, and what has waited too long. */
export function describeBacklog(at: () => QueueUnderTest): void {
  /** Longer than a reading of the backlog is used. */
  const untilReadAgain = () => at().pass(80);

  describe('heads', () => {
    it('tells the next job of each queue that has one, and how many wait', async () => {
      const { queue } = at();
      const expiresAt = queue.now() + 40_000;
      await at().enqueue(2, { priority: 7 });
      await at().pass(5);
      const next = at().job({ priority: 2, expiresAt });
      const [before, after] = [queue.now(), () => queue.now()];
      await queue.enqueue(Q, [next]);
      await queue.enqueue(OTHER, [at().job()]);
      const heads = await queue.heads([Q, 'inference.never.1', OTHER]);
      expect(heads).toMatchObject([
        { queue: Q, waiting: 3, expiresAt },
        { queue: OTHER, waiting: 1 },
      ]);
      expect(heads[0]?.enqueuedAt).toBeGreaterThanOrEqual(before - 1);
      expect(heads[0]?.enqueuedAt).toBeLessThanOrEqual(after());
      await at().lease('a', 1);
      const [second] = await queue.heads([Q]);
      expect(second?.waiting).toBe(2);
      expect(second?.enqueuedAt).toBeLessThan(heads[0]?.enqueuedAt ?? 0);
      await at().lease('a', 2);
      expect(await queue.heads([Q])).toEqual([]);
      expect(await queue.heads([])).toEqual([]);
    });

    it('leaves out what is paused', async () => {
      await at().enqueue(1);
      await at().queue.enqueue(OTHER, [at().job()]);
      await at().pause(Q);
      expect((await at().queue.heads([Q, OTHER])).map(({ queue }) => queue)).toEqual([OTHER]);
    });
  });

  describe('backlog', () => {
    const backlog = (level: number) => at().queue.backlog(Q, level);

    it('counts the jobs of a level and of those before it, and the bytes of all', async () => {
      await at().enqueue(3, { priority: 1, payload: Buffer.alloc(100) });
      await at().enqueue(2, { priority: 5, payload: Buffer.alloc(20_000) });
      await at().enqueue(1, { priority: 1_000_000, payload: Buffer.alloc(0) });
      const bytes = 3 * 100 + 2 * 20_000;
      await untilReadAgain();
      expect(await backlog(1)).toEqual({ ahead: 3, waiting: 6, bytes, paused: false });
      expect(await backlog(4)).toMatchObject({ ahead: 3, waiting: 6 });
      expect(await backlog(5)).toMatchObject({ ahead: 5, waiting: 6 });
      expect(await backlog(2_000_000)).toMatchObject({ ahead: 6, waiting: 6 });
      expect(await at().queue.backlog('inference.never.1', 1)).toEqual({
        ahead: 0,
        waiting: 0,
        bytes: 0,
        paused: false,
      });
    });

    it('knows at once what this process has let in, and soon what others have done', async () => {
      expect(await backlog(3)).toMatchObject({ ahead: 0, waiting: 0, bytes: 0 });
      await at().enqueue(2, { priority: 3, payload: Buffer.alloc(50) });
      await at().enqueue(1, { priority: 4, payload: Buffer.alloc(50) });
      expect(await backlog(3)).toMatchObject({ ahead: 2, waiting: 3, bytes: 150 });
      const other = await at().beside();
      await other.enqueue(Q, [at().job({ priority: 2, payload: Buffer.alloc(7) })]);
      await untilReadAgain();
      expect(await backlog(3)).toMatchObject({ ahead: 3, waiting: 4, bytes: 157 });
      await other.lease(Q, { holder: 'b', max: 2 });
      await untilReadAgain();
      expect(await backlog(3)).toMatchObject({ ahead: 1, waiting: 2, bytes: 100 });
    });

    it('says when the queue is paused', async () => {
      await at().enqueue(1);
      await at().pause(Q);
      await untilReadAgain();
      expect((await backlog(1)).paused).toBe(true);
    });
  });

  describe('raise', () => {
    it('puts what has waited too long among the first level, by its arrival, and changes nothing else', async () => {
      const [oldFirst] = await at().enqueue(1, { priority: 1 });
      await at().pass(5);
      const [low] = await at().enqueue(1, { priority: 9 });
      await at().pass(5);
      const [middle, lower] = [
        ...(await at().enqueue(1, { priority: 5 })),
        ...(await at().enqueue(1, { priority: 9 })),
      ];
      const raisedAt = (await at().queue.describe(Q, [low!]))[0]?.enqueuedAt;
      await at().pass(150);
      const [young] = await at().enqueue(1, { priority: 9 });
      const [youngFirst] = await at().enqueue(1, { priority: 1 });
      expect(await at().queue.raise(Q, 100)).toBe(3);
      expect(await at().queue.raise(Q, 100)).toBe(0);
      const order = [oldFirst, low, middle, lower, youngFirst, young];
      expect((await at().queue.describe(Q, [low!]))[0]).toMatchObject({
        priority: 1,
        position: 2,
        enqueuedAt: raisedAt,
      });
      // It keeps that place when it comes back.
      const held = await at().lease('a', 3);
      expect(idsOf(held)).toEqual(order.slice(0, 3));
      expect(held[1]).toMatchObject({ priority: 1, enqueuedAt: raisedAt });
      await at().queue.release(held.toReversed().map(({ lease }) => lease));
      expect(idsOf(await at().lease('a', 9))).toEqual(order);
    });

    it('leaves alone what has not waited for so long, what runs, and queues that never were', async () => {
      await at().enqueue(2, { priority: 9 });
      await at().lease('a', 1);
      expect(await at().queue.raise(Q, 60_000)).toBe(0);
      await at().pass(30);
      expect(await at().queue.raise(Q, 10)).toBe(1);
      expect(await at().queue.raise('inference.never.1', 10)).toBe(0);
    });
  });
}
