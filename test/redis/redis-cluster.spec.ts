import { RedisCluster, type Cluster } from '@sluice/cluster';
import { describeCluster, SeveringProxy, startRedis, workerLoad, workerReport } from '@sluice/testing';
import { Redis } from 'ioredis';

const redis = await startRedis();
afterAll(() => redis.stop());

const PRESENCE_MS = 300;
let run = 0;

async function openFixture() {
  const prefix = `cluster-${++run}`;
  const members = new Map<Cluster, SeveringProxy>();
  const member = async () => {
    const proxy = await SeveringProxy.before(redis.url);
    const redisUrl = `redis://127.0.0.1:${proxy.port}`;
    const cluster = new RedisCluster({ redisUrl, prefix, presenceMs: PRESENCE_MS, onError: () => {} });
    await cluster.start();
    members.set(cluster, proxy);
    return cluster;
  };
  const proxyOf = (cluster: Cluster) => {
    const proxy = members.get(cluster);
    if (!proxy) throw new Error('not a member of this fixture');
    return proxy;
  };
  return {
    prefix,
    member,
    proxyOf,
    cutOff: (cluster: Cluster) => proxyOf(cluster).close(),
    presenceMs: PRESENCE_MS,
    pass: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
    settled: <T>(promise: Promise<T>) => promise,
    close: async () => {
      await Promise.all([...members.keys()].map((cluster) => cluster.stop()));
      await Promise.all([...members.values()].map((proxy) => proxy.close()));
    },
  };
}

describeCluster('the Redis adapter', openFixture);

it('passes over what somebody else wrote where loads and profiles lie', async () => {
  const { prefix, member, close } = await openFixture();
  const [worker, other] = [await member(), await member()];
  for (const each of [worker, other]) await each.join(workerReport(each === worker ? 'worker' : 'other'));
  await worker.tellLoad(workerLoad('worker'));
  const stranger = new Redis(redis.url);
  const ref = { model: 'm', version: '1' };
  for (const garbage of ['nonsense', '{"workerId":"other"}', '[]', '{"costs":3,"measuredAt":1e99}']) {
    await stranger.set(`sluice:${prefix}:load:other`, garbage);
    expect((await worker.loads()).map(({ workerId }) => workerId)).toEqual(['worker']);
    await stranger.hset(`sluice:${prefix}:profiles:m:1`, 'cpu', garbage);
    expect(await worker.profiles(ref)).toEqual([]);
  }
  await stranger.hset(`sluice:${prefix}:profiles:m:1`, 'cpu', 'nonsense');
  const profile = {
    ...ref,
    deviceKind: 'cpu',
    fingerprint: 'f',
    buckets: {},
    bestBatch: {},
    attempts: 1,
    measuredAt: 1,
  };
  await worker.saveProfile(profile);
  expect(await other.profiles(ref)).toEqual([profile]);
  stranger.disconnect();
  await close();
});

it('counts statistics once though their connection broke before the answer came', async () => {
  const { member, proxyOf, close } = await openFixture();
  const [worker, witness] = [await member(), await member()];
  const never = { count: 0, ns: 0 };
  const stages = { compute_input: never, compute_infer: never, compute_output: never };
  const requests = { success: never, fail: { count: 3, ns: 5 }, queue: never, ...stages };
  const ref = { model: 'm', version: '1' };
  const counts = { ref, lastInference: 1, inferenceCount: 0, executionCount: 0, requests, batches: [] };
  const severed = proxyOf(worker).severNextAnswer();
  await Promise.all([worker.addStatistics('worker', 1, [counts]), severed]);
  expect(await witness.statistics([ref])).toEqual([counts]);
  await close();
});
