import { Q, type QueueUnderTest } from './queue-under-test.js';

const OWN = 'model-update@worker-1';

/** Which queues there are, and taking one away. */
export function describeRemoval(at: () => QueueUnderTest): void {
  it('queues names every queue into which something was put, also when it is empty again', async () => {
    const { queue } = at();
    expect(await queue.queues()).toEqual([]);
    await at().run(1);
    await queue.enqueue(OWN, [at().job()]);
    await queue.counts('inference.never.1');
    expect((await queue.queues()).toSorted()).toEqual([Q, OWN]);
  });

  it('removeQueue removes what waits, what runs and what has ended, and nothing of another queue', async () => {
    const { queue } = at();
    const large = { payload: Buffer.alloc(10_000) };
    await at().enqueue(1);
    const jobs = Array.from({ length: 3 }, () => at().job(large));
    await queue.enqueue(OWN, jobs);
    const held = (await queue.lease(OWN, { holder: 'worker-1', max: 2 })).jobs;
    await queue.settle([{ lease: held[0]!.lease, outcome: { ok: true, result: Buffer.alloc(10_000) } }]);
    await queue.removeQueue(OWN);
    await queue.removeQueue(OWN);

    expect(await queue.queues()).toEqual([Q]);
    expect(await queue.counts(OWN)).toEqual({ waiting: 0, active: 0, completed: 0, failed: 0, paused: false });
    const states = await queue.inspect(
      OWN,
      jobs.map(({ id }) => id),
    );
    expect(states.map(({ state }) => state)).toEqual(['gone', 'gone', 'gone']);
    const late = { lease: held[1]!.lease, outcome: { ok: true, result: Buffer.alloc(1) } } as const;
    expect(await queue.settle([late])).toEqual(['lost']);
    expect((await queue.counts(Q)).waiting).toBe(1);
  });

  it('a queue that was removed can be used again', async () => {
    const { queue } = at();
    await queue.enqueue(OWN, [at().job()]);
    await queue.removeQueue(OWN);
    const again = at().job();
    await queue.enqueue(OWN, [again]);
    expect(await queue.queues()).toEqual([OWN]);
    const { jobs } = await queue.lease(OWN, { holder: 'worker-1', max: 5 });
    expect(jobs.map(({ lease }) => lease.jobId)).toEqual([again.id]);
  });
}
