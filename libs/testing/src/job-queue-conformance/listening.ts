import type { JobQueue } from '@sluice/job-queue';
import { idsOf, Q, type QueueUnderTest } from './queue-under-test.js';

const ASLEEP = Symbol('asleep');

/** Waiting for work, and sharing it among those that wait. */
export function describeListening(at: () => QueueUnderTest): void {
  /** What a wait came to within 200 ms. */
  const soon = async (waiting: Promise<string | undefined>) => {
    let result: string | undefined | typeof ASLEEP = ASLEEP;
    void waiting.then((queue) => (result = queue));
    await at().pass(200);
    return result;
  };
  /** Other processes that listen, the first one for longest. */
  const listeners = async (count: number, queues = [Q]) => {
    const found: { queue: JobQueue; wait: Promise<string | undefined> }[] = [];
    for (let index = 0; index < count; index++) {
      const queue = await at().beside();
      found.push({ queue, wait: queue.waitForWork(queues, 3_000) });
      // Until it is known to listen.
      await at().pass(30);
    }
    return found;
  };

  describe('waitForWork', () => {
    it('names the queue in which a job arrived', async () => {
      const waiting = at().queue.waitForWork(['inference.other.1', Q], 5_000);
      await at().enqueue(1);
      expect(await soon(waiting)).toBe(Q);
    });

    it('is told of work that arrived before', async () => {
      await at().enqueue(1);
      expect(await soon(at().queue.waitForWork([Q], 5_000))).toBe(Q);
    });

    it('wakes when a job comes back', async () => {
      await at().enqueue(1);
      const held = await at().leaseOne('a');
      // What is left of the wake-up for the first arrival.
      await at().settled(at().queue.waitForWork([Q], 50));
      const waiting = at().queue.waitForWork([Q], 5_000);
      await at().queue.release([held.lease]);
      expect(await soon(waiting)).toBe(Q);
    });

    it('ends at its time, and when aborted, without a queue', async () => {
      expect(await at().settled(at().queue.waitForWork([Q], 50))).toBeUndefined();
      const abort = new AbortController();
      const waiting = at().queue.waitForWork([Q], 5_000, { signal: abort.signal });
      abort.abort();
      expect(await soon(waiting)).toBeUndefined();
      expect(await at().queue.waitForWork([Q], 5_000, { signal: abort.signal })).toBeUndefined();
    });

    it('wakes one of many for a job, the one that waits longest', async () => {
      const [first, second] = await listeners(2);
      await at().enqueue(1);
      expect(await soon(first!.wait)).toBe(Q);
      expect(await soon(second!.wait)).toBe(ASLEEP);
    });

    it('wakes one for what a lease leaves behind, and so one after the other', async () => {
      await at().enqueue(4);
      // Takes the wake-up of the arrival, and does nothing with it.
      await at().settled(at().queue.waitForWork([Q], 50));
      const [first, second] = await listeners(2);
      await at().leaseOne('a');
      expect(await soon(first!.wait)).toBe(Q);
      expect(await soon(second!.wait)).toBe(ASLEEP);
      expect((await first!.queue.lease(Q, { holder: 'first', max: 1 })).jobs).toHaveLength(1);
      expect(await soon(second!.wait)).toBe(Q);
    });
  });

  describe('offer', () => {
    it('tells one of those that wait for offers, and nobody else', async () => {
      const [deaf] = await listeners(1);
      const thieves = [await at().beside(), await at().beside()];
      const waits = thieves.map((thief) => thief.waitForWork([Q], 3_000, { offers: true }));
      await at().pass(30);
      await at().queue.offer('inference.other.1@busy');
      const heard: unknown[] = [];
      for (const wait of [...waits, deaf!.wait]) heard.push(await soon(wait));
      expect(heard.filter((each) => each !== ASLEEP)).toEqual(['inference.other.1@busy']);
    });

    it('is kept for whoever comes next, once however often it was made', async () => {
      await at().queue.offer('inference.other.1@busy');
      await at().queue.offer('inference.other.1@busy');
      const hear = () => at().settled(at().queue.waitForWork([Q], 50, { offers: true }));
      expect([await hear(), await hear()]).toEqual(['inference.other.1@busy', undefined]);
    });
  });

  describe('the part of a thief', () => {
    it('is half of what waits, rounded up, whoever listens, and never above what it asks for', async () => {
      await listeners(2, ['inference.other.1']);
      await at().enqueue(9);
      const steal = async (max: number) =>
        (await at().queue.lease(Q, { holder: 'thief', max, part: 'half' })).jobs.length;
      expect([await steal(32), await steal(32), await steal(32), await steal(32), await steal(32)]).toEqual([
        5, 2, 1, 1, 0,
      ]);
      await at().enqueue(9);
      expect(await steal(2)).toBe(2);
    });
  });

  describe('the fair part of a lease', () => {
    it('is what waits, divided among the caller and those that listen', async () => {
      const [b, c] = await listeners(2);
      const all = await at().enqueue(9);
      const taken = [await at().lease('a', 9)];
      for (const { queue } of [b!, c!]) taken.push((await queue.lease(Q, { holder: 'w', max: 9 })).jobs);
      expect(taken.map(idsOf)).toEqual([all.slice(0, 3), all.slice(3, 6), all.slice(6)]);
    });

    it('is rounded up, with what the caller asks for beyond it, and never above its most', async () => {
      await listeners(2);
      await at().enqueue(10);
      const lease = async (max: number, spare?: number) =>
        (await at().queue.lease(Q, { holder: 'a', max, ...(spare !== undefined && { spare }) })).jobs.length;
      expect(await lease(9)).toBe(4);
      expect(await lease(1)).toBe(1);
      expect(await lease(9, 1)).toBe(3);
      expect(await lease(9, 9)).toBe(2);
      expect(await lease(9, 9)).toBe(0);
    });

    it('is everything when nobody else listens to the queue: not elsewhere, not oneself, not any more', async () => {
      await listeners(1, ['inference.other.1']);
      const gone = await at().beside();
      await at().settled(gone.waitForWork([Q], 50));
      const aborted = await at().beside();
      const abort = new AbortController();
      const waiting = aborted.waitForWork([Q], 3_000, { signal: abort.signal });
      await at().pass(30);
      abort.abort();
      await at().settled(waiting);
      await at().settled(at().queue.waitForWork([Q], 50));
      await at().pass(600);
      await at().enqueue(6);
      expect(await at().lease('a', 9)).toHaveLength(6);
    });
  });
}
