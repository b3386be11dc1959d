import type { Claim } from '@sluice/job-queue';
import { Q, type QueueUnderTest } from './queue-under-test.js';

/** Reading jobs: one, many, and what a client's key stands for. */
export function describeInspection(at: () => QueueUnderTest): void {
  describe('describe', () => {
    const describeOne = async (id: string) => (await at().queue.describe(Q, [id]))[0];

    it('follows a job from its place in the queue to its end', async () => {
      const expiresAt = at().queue.now() + 50_000;
      const [id] = await at().enqueue(1, { label: { model: 'm', rows: 3 }, replyTo: 'api-9', expiresAt });
      const waiting = await describeOne(id!);
      expect(waiting).toMatchObject({
        id,
        queue: Q,
        state: 'waiting',
        position: 1,
        attempts: 0,
        priority: 5,
        expiresAt,
      });
      expect(waiting).toMatchObject({ label: { model: 'm', rows: 3 }, replyTo: 'api-9' });
      expect(waiting).not.toHaveProperty('startedAt');

      const held = await at().leaseOne('worker-1');
      const active = await describeOne(id!);
      expect(active).toMatchObject({ state: 'active', attempts: 1, holder: 'worker-1' });
      expect(active).not.toHaveProperty('position');
      expect(active).not.toHaveProperty('endedAt');

      await at().complete(held);
      const done = await describeOne(id!);
      expect(done).toMatchObject({ state: 'completed', attempts: 1, holder: 'worker-1' });
      expect(done?.enqueuedAt).toBeLessThanOrEqual(done?.startedAt ?? 0);
      expect(done?.startedAt).toBeLessThanOrEqual(done?.endedAt ?? 0);
      expect((done?.keptUntil ?? 0) - (done?.endedAt ?? 0)).toBeCloseTo(at().settings.keepResultsMs, -2);
    });

    it('tells the place among those that wait, by priority first', async () => {
      const later = await at().enqueue(2, { priority: 9 });
      const sooner = await at().enqueue(2, { priority: 2 });
      const records = await at().queue.describe(Q, [...sooner, ...later]);
      expect(records.map((record) => record?.position)).toEqual([1, 2, 3, 4]);
      await at().lease('a', 1);
      expect((await describeOne(later[0]!))?.position).toBe(2);
    });

    it('tells why a job failed', async () => {
      await at().enqueue(1);
      const { lease } = await at().leaseOne('a');
      const error = { code: 'inference_failed', message: 'no such row: 7' } as const;
      await at().queue.settle([{ lease, outcome: { ok: false, error } }]);
      expect(await describeOne(lease.jobId)).toMatchObject({ state: 'failed', error });
    });

    it('knows nothing of ids and queues that never were', async () => {
      expect(await at().queue.describe(Q, ['unknown'])).toEqual([undefined]);
      expect(await at().queue.describe('inference.never.1', ['unknown'])).toEqual([undefined]);
    });
  });

  it('owned names the jobs of an owner in all queues, newest first', async () => {
    const { queue } = at();
    const [first, second] = [at().job({ owner: 'ann' }), at().job({ owner: 'ann' })];
    await queue.enqueue(Q, [first, at().job({ owner: 'ben' }), at().job()]);
    await at().pass(5);
    await queue.enqueue('inference.other.1', [second]);
    await queue.enqueue(Q, [first]);
    const ann = [
      { queue: 'inference.other.1', jobId: second.id },
      { queue: Q, jobId: first.id },
    ];
    expect(await queue.owned('ann', 0, 10)).toEqual(ann);
    expect(await queue.owned('ann', 1, 10)).toEqual(ann.slice(1));
    expect(await queue.owned('ann', 0, 1)).toEqual(ann.slice(0, 1));
    expect(await queue.owned('nobody', 0, 10)).toEqual([]);
    expect((await queue.describe(Q, [first.id]))[0]?.owner).toBe('ann');
  });

  it('missing names those that are gone, among many', async () => {
    const ids = await at().enqueue(40);
    await at().queue.cancel(Q, [ids[7]!, ids[23]!]);
    await at().lease('a', 3);
    expect(await at().queue.missing(Q, ids)).toEqual([ids[7], ids[23]]);
    expect(await at().queue.missing(Q, [])).toEqual([]);
    expect(await at().queue.missing('inference.never.1', ['x'])).toEqual(['x']);
  });

  describe('claim', () => {
    const claimOf = (jobId: string): Claim => ({ queue: Q, jobId, fingerprint: `of ${jobId}` });

    it('stands for the first job that was claimed, also when claimed again', async () => {
      const first = claimOf('one');
      expect(await at().queue.claim('key', first, 5_000)).toEqual(first);
      expect(await at().queue.claim('key', first, 5_000)).toEqual(first);
      expect(await at().queue.claim('key', claimOf('two'), 5_000)).toEqual(first);
      expect(await at().queue.claim('other', claimOf('two'), 5_000)).toEqual(claimOf('two'));
    });

    it('ends by itself', async () => {
      await at().queue.claim('key', claimOf('one'), 100);
      await at().pass(150);
      expect(await at().queue.claim('key', claimOf('two'), 5_000)).toEqual(claimOf('two'));
    });

    it('can be replaced by whoever knows what it stood for', async () => {
      await at().queue.claim('key', claimOf('one'), 5_000);
      expect(await at().queue.claim('key', claimOf('two'), 5_000, claimOf('one'))).toEqual(claimOf('two'));
      expect(await at().queue.claim('key', claimOf('three'), 5_000, claimOf('one'))).toEqual(claimOf('two'));
    });

    it('among many at once stands for one', async () => {
      const claims = Array.from({ length: 8 }, (_, index) => at().queue.claim('key', claimOf(`job ${index}`), 5_000));
      expect(new Set((await Promise.all(claims)).map(({ jobId }) => jobId)).size).toBe(1);
    });
  });
}
