import { JobIds, type BullMqJobQueue, type LeasedJob } from '@sluice/job-queue';
import { CONFORMANCE_SETTINGS, startRedisCluster } from '@sluice/testing';
import { REDIS_ADAPTERS } from './fixtures/adapters.js';

/**
 * A node of a Redis Cluster runs a script only when all keys that it is given, and all that it touches, are in slots of
 * its own. With a hash tag in the prefix everything that belongs to the queues is in one slot: a real node is the judge.
 */
const cluster = await startRedisCluster(3);
const ids = new JobIds(Date.now, Math.random);
afterAll(() => cluster.stop());

describe.each(REDIS_ADAPTERS)('$adapter on a Redis Cluster of three nodes', ({ adapter, Adapter }) => {
  const Q = 'inference.slots.1';
  const prefix = `{${adapter}}`;
  let jobs: BullMqJobQueue;

  beforeAll(async () => {
    const redisUrl = await cluster.urlOf(`${prefix}:${Q}:meta`);
    const onError = (error: Error) => expect.unreachable(error.message);
    jobs = new Adapter({ redisUrl, prefix, settings: CONFORMANCE_SETTINGS, onError });
    await jobs.start();
  });
  afterAll(() => jobs.stop());

  const enqueue = async (count: number, bytes: number) => {
    const expiresAt = jobs.now() + 60_000;
    const spec = { label: {}, replyTo: 'api', priority: 3, expiresAt, payload: Buffer.alloc(bytes, 'x'), owner: 'me' };
    const added = Array.from({ length: count }, () => ({ id: ids.next(), ...spec }));
    await jobs.enqueue(Q, added);
    return added.map(({ id }) => id);
  };
  const complete = (held: readonly LeasedJob[], bytes: number) =>
    jobs.settle(held.map(({ lease }) => ({ lease, outcome: { ok: true, result: Buffer.alloc(bytes, 'y') } })));

  it.each([100, 50_000])('a job of %i bytes goes its whole way', async (bytes) => {
    const added = await enqueue(5, bytes);
    expect(await jobs.waitForWork([Q], 1_000)).toBe(Q);
    const { jobs: held } = await jobs.lease(Q, { holder: 'w', max: 4 });
    expect(await jobs.extend(held.map(({ lease }) => lease))).toEqual([]);
    expect(await complete(held.slice(0, 2), bytes)).toEqual(['settled', 'settled']);
    await jobs.release([held[2]!.lease]);
    expect(await jobs.sweep(Q, async () => ({ alive: false, running: [] }))).toHaveLength(1);
    expect(await jobs.heads([Q, `${Q}@worker`])).toMatchObject([{ waiting: 3 }]);
    expect(await jobs.raise(Q, -1_000)).toBe(3);
    expect(await jobs.cancel(Q, added.slice(2))).toEqual(['cancelled', 'cancelled', 'cancelled']);
    expect(await jobs.inspect(Q, added.slice(0, 2))).toMatchObject([{ state: 'ended' }, { state: 'ended' }]);
    await jobs.forget(Q, added);
    expect(await jobs.missing(Q, added)).toEqual(added);
    await jobs.prune();
  });

  it('a queue is removed with all its keys', async () => {
    await enqueue(2, 50_000);
    await jobs.removeQueue(Q);
    expect(await jobs.queues()).toEqual([]);
  });
});

it('a prefix without a hash tag is refused there', async () => {
  const [first] = REDIS_ADAPTERS;
  const redisUrl = await cluster.urlOf('bull:inference.slots.1:meta');
  const jobs = new first.Adapter({ redisUrl, prefix: 'bull', settings: CONFORMANCE_SETTINGS, onError: () => {} });
  await jobs.start();
  await expect(jobs.backlog('inference.slots.1', 1)).rejects.toThrow(/CROSSSLOT|MOVED/);
  await jobs.stop();
});
