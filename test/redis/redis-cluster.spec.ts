import { RedisCluster } from '@sluice/cluster';
import { describeCluster, startRedis, workerReport } from '@sluice/testing';

const redis = await startRedis();
afterAll(() => redis.stop());

const PRESENCE_MS = 300;
let run = 0;

async function openFixture() {
  const prefix = `cluster-${++run}`;
  const members: RedisCluster[] = [];
  const member = async () => {
    const cluster = new RedisCluster({ redisUrl: redis.url, prefix, presenceMs: PRESENCE_MS, onError: () => {} });
    await cluster.start();
    members.push(cluster);
    return cluster;
  };
  return { member, close: async () => void (await Promise.all(members.map((cluster) => cluster.stop()))) };
}

describeCluster('the Redis adapter', async () => {
  const { member, close } = await openFixture();
  return { member, close };
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
