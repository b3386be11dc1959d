import { readFileSync } from 'node:fs';
import { JobIds, type BullMqJobQueue, type LeasedJob } from '@sluice/job-queue';
import { CONFORMANCE_SETTINGS, startRedis } from '@sluice/testing';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { REDIS_ADAPTERS } from './fixtures/adapters.js';
import { dumpKeys } from './fixtures/key-dump.js';

/**
 * Our scripts write what BullMQ's own would write. The reference adapter runs BullMQ's scripts, whatever their version is,
 * so that a version that changes a key, a state or an event fails here.
 */
const redis = await startRedis();
const Q = 'inference.contract.1';
let run = 0;
afterAll(() => redis.stop());

interface Side {
  readonly jobs: BullMqJobQueue;
  readonly tools: Queue;
}
type Step = (side: Side) => Promise<void>;

const take = async ({ jobs }: Side, max = 1): Promise<readonly LeasedJob[]> =>
  (await jobs.lease(Q, { holder: 'w', max })).jobs;
const settle = (side: Side, held: readonly LeasedJob[], ok: boolean) =>
  side.jobs.settle(
    held.map(({ lease }) => ({
      lease,
      outcome: ok
        ? { ok, result: Buffer.from('answer') }
        : { ok, error: { code: 'inference_failed', message: 'on purpose' } },
    })),
  );

const ids = new JobIds(Date.now, Math.random);
const known = Array.from({ length: 4 }, () => ids.next());
const add =
  (count: number, priority = 3): Step =>
  async ({ jobs }) => {
    const spec = { label: { model: 'm' }, replyTo: 'api', priority, expiresAt: 9e12, payload: Buffer.from('question') };
    await jobs.enqueue(
      Q,
      known.slice(0, count).map((id) => ({ id, ...spec })),
    );
  };

const STEPS: Readonly<Record<string, Step>> = {
  'jobs are added': add(3),
  'a job is added again': async (side) => {
    await add(1)(side);
    await add(1)(side);
  },
  'the first of several jobs is taken': async (side) => {
    await add(3)(side);
    await take(side);
  },
  'nothing is there to be taken': async (side) => {
    await add(1)(side);
    await take(side);
    await take(side);
  },
  'a job is completed while others wait': async (side) => {
    await add(2)(side);
    await settle(side, await take(side), true);
  },
  'the last job is completed': async (side) => {
    await add(1)(side);
    await settle(side, await take(side), true);
  },
  'a job fails': async (side) => {
    await add(1)(side);
    await settle(side, await take(side), false);
  },
  'a job is given back': async (side) => {
    await add(2)(side);
    await side.jobs.release((await take(side)).map(({ lease }) => lease));
  },
  'a job is taken from a holder that died, alone with it': async (side) => {
    await add(1)(side);
    const [held] = await take(side);
    await side.jobs.sweep(Q, async () => ({ alive: false, running: [held!.lease.jobId] }));
  },
  'a job is cancelled': async (side) => {
    await add(2)(side);
    await side.jobs.cancel(Q, known.slice(0, 1));
  },
  'a job is given back to a queue that is paused': async (side) => {
    await add(1)(side);
    const held = await take(side);
    await side.tools.pause();
    await side.jobs.release(held.map(({ lease }) => lease));
  },
};

describe('our scripts leave the keys behind that BullMQ leaves behind, when', () => {
  const redisKeys = new Redis(redis.url);
  afterAll(() => redisKeys.disconnect());

  it.each(Object.entries(STEPS))('%s', async (_, step) => {
    const dumps = [];
    for (const { adapter, Adapter } of REDIS_ADAPTERS) {
      const prefix = `contract-${adapter}-${++run}`;
      const onError = (error: Error) => expect.unreachable(error.message);
      const jobs = new Adapter({ redisUrl: redis.url, prefix, settings: CONFORMANCE_SETTINGS, onError });
      await jobs.start();
      const tools = new Queue(Q, { connection: { url: redis.url }, prefix, streams: { events: { maxLen: 1000 } } });
      await step({ jobs, tools });
      const dump = await dumpKeys(redisKeys, prefix);
      // Whom to wake is not said of a job, and each says it in his own way.
      delete dump[`…:${Q}:marker`];
      dumps.push(dump);
      await Promise.all([jobs.stop(), tools.close()]);
    }
    const [reference, ours] = dumps;
    expect(Object.keys(reference!).length).toBeGreaterThan(2);
    expect(ours).toEqual(reference);
  });
});

it('BullMQ is pinned to one version, the one that this was run with', () => {
  const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
  const { version } = Object(read('../../node_modules/bullmq/package.json'));
  expect(read('../../package.json')).toMatchObject({ dependencies: { bullmq: version } });
});
