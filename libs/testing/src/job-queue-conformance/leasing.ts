import { alive, idsOf, Q, type QueueUnderTest } from './queue-under-test.js';

/** Taking jobs, giving them back, and losing them. */
export function describeLeasing(at: () => QueueUnderTest): void {
  describe('lease', () => {
    it('hands out jobs by priority, then arrival, and never more than asked for', async () => {
      const later = await at().enqueue(3, { priority: 9 });
      const sooner = await at().enqueue(2, { priority: 1 });
      expect(idsOf(await at().lease('a', 3))).toEqual([...sooner, later[0]]);
      expect(idsOf(await at().lease('a', 10))).toEqual(later.slice(1));
      expect(await at().lease('a', 10)).toEqual([]);
    });

    it.each([0, 1, 4_000, 200_000])('carries a payload of %i bytes unchanged', async (size) => {
      const payload = Uint8Array.from({ length: size }, (_, index) => index * 7);
      const sent = at().job({ payload });
      await at().queue.enqueue(Q, [sent]);
      const held = await at().leaseOne('a');
      expect(Buffer.from(held.payload).equals(payload)).toBe(true);
      expect(held).toMatchObject({ priority: 5, expiresAt: sent.expiresAt });
      expect(held.lease).toMatchObject({ queue: Q, jobId: sent.id, holder: 'a', attempt: 1 });
    });

    it('gives every call a token of its own', async () => {
      await at().enqueue(4);
      const [first, second] = [await at().lease('a', 2), await at().lease('a', 2)];
      const tokens = [...first, ...second].map(({ lease: { token } }) => token);
      expect(tokens[0]).toBe(tokens[1]);
      expect(new Set(tokens).size).toBe(2);
    });

    it('gives a job to one holder only, however many ask at once', async () => {
      const all = await at().enqueue(40);
      const taken = await Promise.all(['a', 'b', 'c', 'd'].map((holder) => at().lease(holder, 20)));
      expect(taken.flatMap(idsOf).toSorted()).toEqual(all.toSorted());
    });
  });

  describe('a lease that was lost', () => {
    const loseTo = async (next: string) => {
      const [id] = await at().enqueue(1);
      const old = await at().leaseOne('old');
      await at().pass(at().settings.leaseMs + 50);
      const swept = await at().queue.sweep(Q, alive);
      expect(swept).toEqual([{ jobId: id, holder: 'old', reason: 'lease-lapsed', death: 'none' }]);
      return { old, fresh: await at().leaseOne(next) };
    };

    it('cannot settle: the next holder does', async () => {
      const { old, fresh } = await loseTo('new');
      expect(await at().complete(old, 'late')).toBe('lost');
      expect(await at().complete(fresh, 'right')).toBe('settled');
      expect(await at().complete(old, 'later')).toBe('lost');
      expect(await at().resultOf(fresh.lease.jobId)).toBe('right');
    });

    it('cannot settle after its holder took the job again', async () => {
      const { old, fresh } = await loseTo('old');
      expect(fresh.lease.attempt).toBe(2);
      expect(await at().complete(old, 'late')).toBe('lost');
      expect(await at().complete(fresh, 'right')).toBe('settled');
      expect(await at().complete(old, 'later')).toBe('lost');
      expect(await at().resultOf(fresh.lease.jobId)).toBe('right');
    });

    it('cannot be extended or released', async () => {
      const { old, fresh } = await loseTo('new');
      expect(await at().queue.extend([old.lease, fresh.lease])).toEqual([old.lease]);
      await at().queue.release([old.lease]);
      expect(await at().lease('third', 1)).toEqual([]);
      expect(await at().complete(fresh)).toBe('settled');
    });

    it('cannot settle even when nobody swept', async () => {
      await at().enqueue(1);
      const held = await at().leaseOne('a');
      await at().pass(at().settings.leaseMs + 50);
      expect(await at().complete(held)).toBe('lost');
      expect(await at().queue.extend([held.lease])).toEqual([held.lease]);
    });
  });

  it('extend holds on to a lease beyond its time', async () => {
    await at().enqueue(1);
    const held = await at().leaseOne('a');
    for (let round = 0; round < 3; round++) {
      await at().pass(at().settings.leaseMs * 0.6);
      expect(await at().queue.extend([held.lease])).toEqual([]);
    }
    expect(await at().queue.sweep(Q, alive)).toEqual([]);
    expect(await at().complete(held)).toBe('settled');
  });

  describe('release', () => {
    it('puts jobs back where they were, ahead of what came after them', async () => {
      const all = await at().enqueue(6);
      const held = await at().lease('a', 4);
      // The order in which they are given back does not matter.
      await at().queue.release([held[2]!, held[0]!, held[3]!, held[1]!].map(({ lease: mine }) => mine));
      expect(idsOf(await at().lease('b', 6))).toEqual(all);
    });

    it('does not count as a death, and the giver may take the job again', async () => {
      await at().enqueue(1);
      const held = await at().leaseOne('a');
      await at().queue.release([held.lease]);
      const again = await at().leaseOne('a');
      expect(again.deaths).toEqual({ inCompany: 0, alone: 0 });
      expect(await at().complete(held, 'late')).toBe('lost');
      expect(await at().complete(again)).toBe('settled');
    });
  });
}
