import { RedisCluster } from '@sluice/cluster';
import { describeCluster, SeveringProxy, startRedis, workerReport } from '@sluice/testing';

const redis = await startRedis();
afterAll(() => redis.stop());

const PRESENCE_MS = 300;
let run = 0;

async function openFixture() {
  const prefix = `cluster-${++run}`;
  const members: RedisCluster[] = [];
  const member = async (redisUrl = redis.url) => {
    const cluster = new RedisCluster({ redisUrl, prefix, presenceMs: PRESENCE_MS, onError: () => {} });
    await cluster.start();
    members.push(cluster);
    return cluster;
  };
  return { member, close: async () => void (await Promise.all(members.map((cluster) => cluster.stop()))) };
}

describeCluster('the Redis adapter', async () => {
  const { member, close } = await openFixture();
  return { member: () => member(), close };
});

it('a worker that is not heard of is gone after its presence time, and one that is heard stays', async () => {
  const { member, close } = await openFixture();
  const [silent, heard, observer] = [await member(), await member(), await member()];
  // A process that hangs does not run its timers.
  vi.useFakeTimers({ toFake: ['setInterval'] });
  await silent.join(workerReport('silent'));
  vi.useRealTimers();
  await heard.join(workerReport('heard'));
  expect(await observer.workers()).toHaveLength(2);
  await vi.waitFor(async () => expect(await observer.workers()).toHaveLength(1), { timeout: PRESENCE_MS * 5 });
  expect((await observer.workers()).map(({ id }) => id)).toEqual(['heard']);
  await close();
});

it('counts statistics once though their connection broke before the answer came', async () => {
  const proxy = await SeveringProxy.before(redis.url);
  const { member, close } = await openFixture();
  const [worker, witness] = [await member(`redis://127.0.0.1:${proxy.port}`), await member()];
  const never = { count: 0, ns: 0 };
  const stages = { compute_input: never, compute_infer: never, compute_output: never };
  const requests = { success: never, fail: { count: 3, ns: 5 }, queue: never, ...stages };
  const ref = { model: 'm', version: '1' };
  const counts = { ref, lastInference: 1, inferenceCount: 0, executionCount: 0, requests, batches: [] };
  const severed = proxy.severNextAnswer();
  await Promise.all([worker.addStatistics('worker', 1, [counts]), severed]);
  expect(await witness.statistics([ref])).toEqual([counts]);
  await close();
  await proxy.close();
});
