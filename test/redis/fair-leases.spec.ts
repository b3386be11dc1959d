import { JobIds, type BullMqJobQueue, type NewJob } from '@sluice/job-queue';
import { CONFORMANCE_SETTINGS, SeveringProxy, startRedis } from '@sluice/testing';
import { Redis } from 'ioredis';
import { REDIS_ADAPTERS } from './fixtures/adapters.js';

/** How idle workers share what arrives, each over connections of its own, and what that costs. */
const redis = await startRedis();
const Q = 'inference.fair.1';
let run = 0;

afterAll(() => redis.stop());

describe.each(REDIS_ADAPTERS)('$adapter: leases of several workers', ({ Adapter, roundTripsOfBatch }) => {
  let prefix: string;
  let observer: Redis;
  const opened: BullMqJobQueue[] = [];
  const proxies: SeveringProxy[] = [];
  const ids = new JobIds(Date.now, Math.random);

  beforeEach(() => {
    prefix = `fair-${++run}`;
    observer = new Redis(redis.url);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((queue) => queue.stop()));
    await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
    observer.disconnect();
  });

  const open = async (redisUrl = redis.url) => {
    const queue = new Adapter({ redisUrl, prefix, settings: CONFORMANCE_SETTINGS, onError: () => {} });
    opened.push(queue);
    await queue.start();
    return queue;
  };
  const job = (): NewJob => ({
    id: ids.next(),
    label: {},
    replyTo: 'api',
    priority: 3,
    expiresAt: Date.now() + 60_000,
    payload: Buffer.from('x'),
  });
  const jobs = (count: number) => Array.from({ length: count }, job);
  const listening = () => observer.zcard(`sluice:${prefix}:listening:${Q}`);
  const untilListening = (count: number) =>
    vi.waitFor(async () => expect(await listening()).toBe(count), { interval: 2, timeout: 5_000 });
  const takeWakeUp = () => observer.del(`${prefix}:${Q}:marker`);
  const wakeOne = () => observer.zadd(`${prefix}:${Q}:marker`, 0, '0');

  it('four that are woken one by the other take a quarter each', async () => {
    const workers = await Promise.all([1, 2, 3, 4].map(() => open()));
    await workers[0]!.enqueue(Q, jobs(40));
    await takeWakeUp();
    const taken = workers.map(async (worker, index) => {
      expect(await worker.waitForWork([Q], 5_000)).toBe(Q);
      return (await worker.lease(Q, { holder: `w${index}`, max: 32 })).jobs.length;
    });
    await untilListening(4);
    await wakeOne();
    const counts = (await Promise.all(taken)).toSorted((a, b) => a - b);
    // Who is counted a moment too long makes the part of the next one smaller, never larger.
    expect(Math.max(...counts)).toBeLessThanOrEqual(10);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(5);
    expect(await listening()).toBe(0);
  });

  it('a worker whose process dies while it listens is forgotten soon after its wait', async () => {
    const proxy = await SeveringProxy.before(redis.url);
    proxies.push(proxy);
    const [victim, other] = [await open(`redis://127.0.0.1:${proxy.port}`), await open()];
    void victim.waitForWork([Q], 300);
    await untilListening(1);
    await proxy.close();
    await other.enqueue(Q, jobs(8));
    const lease = async () => (await other.lease(Q, { holder: 'other', max: 8 })).jobs.length;
    expect(await lease()).toBe(4);
    const alive = () => observer.zcount(`sluice:${prefix}:listening:${Q}`, Date.now(), '+inf');
    await vi.waitFor(async () => expect(await alive()).toBe(0), { timeout: 2_000 });
    expect(await lease()).toBe(4);
  });

  describe('round trips', () => {
    const FAR_MS = 150;
    const far = async () => {
      const proxy = await SeveringProxy.before(redis.url);
      proxies.push(proxy);
      const queue = await open(`redis://127.0.0.1:${proxy.port}`);
      // Opens what is opened once: BullMQ's objects, scripts, the entry among the queues.
      await queue.enqueue(Q, jobs(3));
      await queue.heads([Q]);
      await queue.backlog(Q, 3);
      await queue.lease(Q, { holder: 'w', max: 2 });
      await queue.lease(Q, { holder: 'w', max: 2 });
      await queue.waitForWork([Q], 1_000);
      proxy.delayAnswers(FAR_MS);
      return queue;
    };
    /** How many answers had to be awaited one after the other. */
    const roundTrips = async (act: () => Promise<unknown>) => {
      const start = performance.now();
      await act();
      return Math.floor((performance.now() - start) / FAR_MS);
    };

    it(`one for a lone job, from the wake-up to the lease too; ${roundTripsOfBatch} for a batch`, async () => {
      const [queue, near] = [await far(), await open()];
      await near.enqueue(Q, jobs(1));
      expect(await roundTrips(() => queue.waitForWork([Q], 2_000))).toBe(1);
      expect(await roundTrips(() => queue.lease(Q, { holder: 'w', max: 32 }))).toBe(1);
      await near.enqueue(Q, jobs(20));
      expect(await roundTrips(() => queue.lease(Q, { holder: 'w', max: 32 }))).toBe(roundTripsOfBatch);
      expect(await roundTrips(() => queue.lease(Q, { holder: 'w', max: 32 }))).toBe(1);
    });

    it('one for many heads; one for an enqueue or a backlog, and one more for a reading every now and then', async () => {
      const queue = await far();
      const many = Array.from({ length: 20 }, (_, index) => `inference.m${index}.1`);
      expect(await roundTrips(() => queue.heads([...many, Q]))).toBe(1);
      expect(await roundTrips(() => queue.backlog(Q, 3))).toBe(1);
      expect(await roundTrips(() => queue.backlog(Q, 3))).toBe(0);
      expect(await roundTrips(() => queue.enqueue(Q, [job()]))).toBe(1);
      expect(await roundTrips(() => queue.enqueue(Q, [job()]))).toBe(2);
    });
  });
});
