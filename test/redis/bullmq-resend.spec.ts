import { JobIds, type BullMqJobQueue, type Lease, type NewJob, type Reply } from '@sluice/job-queue';
import { CONFORMANCE_SETTINGS, SeveringProxy, startRedis } from '@sluice/testing';
import { REDIS_ADAPTERS } from './fixtures/adapters.js';

/**
 * ioredis sends again what was not answered when its connection broke. Here the server has done its work each time, and
 * the answer is lost: nothing may be lost with it, and nothing may happen twice.
 */
const redis = await startRedis();
const Q = 'inference.resend.1';
let run = 0;

afterAll(() => redis.stop());

describe.each(REDIS_ADAPTERS)('$adapter: when a connection breaks between a command and its answer', ({ Adapter }) => {
  let proxy: SeveringProxy;
  let broken: BullMqJobQueue;
  let witness: BullMqJobQueue;
  const ids = new JobIds(Date.now, Math.random);

  beforeEach(async () => {
    proxy = await SeveringProxy.before(redis.url);
    const prefix = `resend-${++run}`;
    const open = async (redisUrl: string) => {
      const queue = new Adapter({ redisUrl, prefix, settings: CONFORMANCE_SETTINGS, onError: () => {} });
      await queue.start();
      return queue;
    };
    broken = await open(`redis://127.0.0.1:${proxy.port}`);
    witness = await open(redis.url);
  });
  afterEach(async () => {
    await Promise.all([broken.stop(), witness.stop()]);
    await proxy.close();
  });

  const job = (): NewJob => ({
    id: ids.next(),
    label: {},
    replyTo: 'api',
    priority: 1,
    expiresAt: Date.now() + 60_000,
    payload: Buffer.alloc(10_000, 'x'),
  });
  const enqueue = async (count: number) => {
    const jobs = Array.from({ length: count }, job);
    await witness.enqueue(Q, jobs);
    return jobs.map(({ id }) => id);
  };
  const lease = async (queue: BullMqJobQueue, max: number): Promise<Lease[]> =>
    (await queue.lease(Q, { holder: 'w', max })).jobs.map((each) => each.lease);
  const settle = (queue: BullMqJobQueue, leases: readonly Lease[]) =>
    queue.settle(leases.map((each) => ({ lease: each, outcome: { ok: true, result: Buffer.from('done') } })));
  /** Runs an operation whose answer gets lost. */
  const severed = async <T>(operation: () => Promise<T>): Promise<T> => {
    const cut = proxy.severNextAnswer();
    const [result] = await Promise.all([operation(), cut]);
    return result;
  };

  it('enqueue adds the job once', async () => {
    const one = job();
    // Opens the queue's keys, so that the answer that is lost is the job's own.
    await broken.counts(Q);
    await severed(() => broken.enqueue(Q, [one]));
    await severed(() => broken.enqueue(Q, [one, job()]));
    expect((await witness.counts(Q)).waiting).toBe(2);
  });

  it('lease loses no job and gives none to two', async () => {
    const all = await enqueue(12);
    await broken.counts(Q);
    const first = await severed(() => lease(broken, 5));
    const second = await lease(broken, 12);
    const held = [...first, ...second].map(({ jobId }) => jobId);
    expect(new Set(held).size).toBe(held.length);
    expect(await settle(broken, [...first, ...second])).toEqual(held.map(() => 'settled'));
    // What was leased in the answer that got lost comes back when the lease lapses.
    await vi.waitFor(
      async () => {
        await witness.sweep(Q, async () => ({ alive: true, running: [] }));
        const rest = await lease(witness, 12);
        await settle(witness, rest);
        expect(await witness.counts(Q)).toMatchObject({ waiting: 0, active: 0, completed: all.length });
      },
      { timeout: 5_000, interval: 100 },
    );
  });

  it('settle ends the job once, says so, and answers it once', async () => {
    const answered: string[] = [];
    let onAnswer = () => {};
    const hear = (replies: readonly Reply[]) => {
      answered.push(...replies.map(({ jobId }) => jobId));
      onAnswer();
    };
    await witness.listenForReplies('api', hear, () => {});
    const [id] = await enqueue(1);
    const held = await lease(broken, 1);
    expect(await severed(() => settle(broken, held))).toEqual(['settled']);
    expect(await witness.inspect(Q, [id!])).toEqual([
      { state: 'ended', outcome: { ok: true, result: Buffer.from('done') } },
    ]);
    expect((await witness.counts(Q)).completed).toBe(1);
    // Behind the answer of another one no further answer of the first can come.
    const [last] = await enqueue(1);
    await settle(broken, await lease(broken, 1));
    while (!answered.includes(last!)) await new Promise<void>((resolve) => (onAnswer = resolve));
    expect(answered).toEqual([id, last]);
  });

  it('release puts the job back once', async () => {
    const [id] = await enqueue(1);
    const held = await lease(broken, 1);
    await severed(() => broken.release(held));
    expect((await lease(witness, 5)).map(({ jobId }) => jobId)).toEqual([id]);
  });

  it('extend holds on', async () => {
    await enqueue(1);
    const held = await lease(broken, 1);
    expect(await severed(() => broken.extend(held))).toEqual([]);
    expect(await settle(broken, held)).toEqual(['settled']);
  });

  it('cancel removes the job', async () => {
    const [id] = await enqueue(1);
    await broken.counts(Q);
    const [outcome] = await severed(() => broken.cancel(Q, [id!]));
    expect(['cancelled', 'ended']).toContain(outcome);
    expect(await witness.inspect(Q, [id!])).toEqual([{ state: 'gone' }]);
  });

  it('sweep puts back what nobody holds, once', async () => {
    const all = await enqueue(3);
    await lease(witness, 3);
    await broken.counts(Q);
    await severed(() => broken.sweep(Q, async () => ({ alive: false, running: [] })));
    await broken.sweep(Q, async () => ({ alive: false, running: [] }));
    expect((await lease(witness, 5)).map(({ jobId }) => jobId)).toEqual(all);
  });

  it('raise raises each job once', async () => {
    const low = Array.from({ length: 3 }, () => ({ ...job(), priority: 7 }));
    await witness.enqueue(Q, low);
    await broken.counts(Q);
    await severed(() => broken.raise(Q, -1_000));
    expect(await broken.raise(Q, -1_000)).toBe(0);
    expect((await lease(witness, 5)).map(({ jobId }) => jobId)).toEqual(low.map(({ id }) => id));
  });

  it('heads and backlog are read again', async () => {
    await enqueue(2);
    await broken.counts(Q);
    expect(await severed(() => broken.heads([Q]))).toMatchObject([{ queue: Q, waiting: 2 }]);
    expect(await severed(() => broken.backlog(Q, 1))).toMatchObject({ ahead: 2, bytes: 20_000 });
  });

  it('removeQueue removes it', async () => {
    await enqueue(2);
    await broken.counts(Q);
    await severed(() => broken.removeQueue(Q));
    expect(await witness.queues()).toEqual([]);
    expect(await witness.counts(Q)).toMatchObject({ waiting: 0, paused: false });
  });
});
