import { BatchedJobQueue, JobIds, type Lease } from '@sluice/job-queue';
import { CONFORMANCE_SETTINGS, startRedis } from '@sluice/testing';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { ADD, PUT_BACK } from '../../libs/job-queue/src/bullmq-batched/scripts.js';
import { QueueKeys } from '../../libs/job-queue/src/bullmq/keys.js';

/** What the scripts refuse before they write anything: states that only another process, or a broken one, brings about. */
const server = await startRedis();
const Q = 'inference.guards.1';
let run = 0;
afterAll(() => server.stop());

describe('the scripts of the batched adapter', () => {
  let jobs: BatchedJobQueue;
  let redis: Redis;
  let keys: QueueKeys;
  const ids = new JobIds(Date.now, Math.random);

  beforeEach(async () => {
    const prefix = `guards-${++run}`;
    const onError = (error: Error) => expect.unreachable(error.message);
    jobs = new BatchedJobQueue({ redisUrl: server.url, prefix, settings: CONFORMANCE_SETTINGS, onError });
    await jobs.start();
    redis = new Redis(server.url);
    keys = new QueueKeys(prefix, Q);
  });
  afterEach(async () => {
    redis.disconnect();
    await jobs.stop();
  });

  const enqueue = async (count: number) => {
    const spec = { label: {}, replyTo: 'api', priority: 3, expiresAt: 9e12, payload: Buffer.from('question') };
    const added = Array.from({ length: count }, () => ({ id: ids.next(), ...spec }));
    await jobs.enqueue(Q, added);
    return added.map(({ id }) => id);
  };
  const lease = async () => (await jobs.lease(Q, { holder: 'w', max: 10 })).jobs;

  it('no job is added whose payload Redis did not take', async () => {
    const { prioritized, events, marker, meta, active, id, priorityCounter } = keys;
    const place = [prioritized, events, marker, meta, active, id, priorityCounter];
    const job = ['job', 'infer', '{}', '{}', 1, 3, '', keys.payload('job')];
    await expect(ADD.run(redis, place, [keys.job(''), 2 ** 32, ...job])).rejects.toThrow(/PAYLOAD job job/);
    expect(await redis.exists(keys.job('job'), prioritized, id)).toBe(0);
  });

  it('of a job whose hash was deleted while it waited nothing is handed out, nor left in the list of active ones', async () => {
    const [gone, there] = await enqueue(2);
    await redis.del(keys.job(gone!));
    expect((await lease()).map((job) => job.lease.jobId)).toEqual([there]);
    expect(await redis.lrange(keys.active, 0, -1)).toEqual([there]);
    expect(await redis.exists(keys.lock(gone!), keys.job(gone!))).toBe(0);
  });

  it('a sweeper that comes too late puts nothing back: the job has been leased again since, and has lapsed again', async () => {
    const [id] = await enqueue(1);
    await lease();
    await redis.del(keys.lock(id!));
    const { active, wait, prioritized, stalled, meta, marker, events } = keys;
    const putBack = (attempt: string) =>
      PUT_BACK.run(
        redis,
        [active, wait, prioritized, stalled, meta, marker, events],
        [keys.job(''), 2 ** 32, id!, '', attempt, ''],
      );
    expect(await putBack('0')).toEqual([0]);
    expect(await redis.lrange(active, 0, -1)).toEqual([id]);
    expect(await putBack('1')).toEqual([1]);
    expect(await redis.lrange(active, 0, -1)).toEqual([]);
  });

  it('a job that is not among the active ones does not end, even with its lock', async () => {
    const [id] = await enqueue(1);
    const [held] = await lease();
    await redis.lrem(keys.active, 1, id!);
    const outcome = { ok: true, result: Buffer.from('answer') } as const;
    expect(await jobs.settle([{ lease: held!.lease, outcome }])).toEqual(['lost']);
    expect(await redis.hexists(keys.job(id!), 'finishedOn')).toBe(0);
  });

  it('what ends leaves the list of active jobs, and nothing else does, whether they are the oldest or not', async () => {
    await enqueue(6);
    const batch = async () => (await jobs.lease(Q, { holder: 'w', max: 2 })).jobs.map((job) => job.lease);
    const [first, second, third] = [await batch(), await batch(), await batch()];
    const settle = (...leases: readonly Lease[]) =>
      jobs.settle(leases.map((own) => ({ lease: own, outcome: { ok: true, result: Buffer.from('answer') } })));
    const active = async () => (await redis.lrange(keys.active, 0, -1)).toSorted();
    const idsOf = (...leases: readonly Lease[]) => leases.map(({ jobId }) => jobId).toSorted();
    expect(await settle(...second)).toEqual(['settled', 'settled']);
    expect(await active()).toEqual(idsOf(...first, ...third));
    expect(await settle(first[0]!, { ...first[1]!, token: 'of another' })).toEqual(['settled', 'lost']);
    expect(await active()).toEqual(idsOf(first[1]!, ...third));
    expect(await settle(third[1]!, third[1]!, first[1]!)).toEqual(['settled', 'lost', 'settled']);
    expect(await active()).toEqual(idsOf(third[0]!));
    expect(await settle(third[0]!)).toEqual(['settled']);
    expect(await redis.exists(keys.active)).toBe(0);
    expect(await redis.zcard(keys.completed)).toBe(6);
  });

  it('a job that ends again, because somebody retried it, counts once in the books', async () => {
    const [again] = await enqueue(2);
    const error = { code: 'inference_failed', message: 'on purpose' } as const;
    await jobs.settle((await lease()).map((job) => ({ lease: job.lease, outcome: { ok: false, error } })));
    const tools = new Queue(Q, { connection: { url: server.url }, prefix: keys.job('').slice(0, -Q.length - 2) });
    await (await tools.getJob(again!))?.retry('failed');
    await tools.close();
    const held = await lease();
    expect(held.map((job) => job.lease.jobId)).toEqual([again]);
    await enqueue(1);
    const outcome = { ok: true, result: Buffer.alloc(5_000) } as const;
    await jobs.settle([...held, ...(await lease())].map((job) => ({ lease: job.lease, outcome })));
    const sizes = await redis.hvals(keys.kept('brief', 'sizes'));
    expect(sizes).toHaveLength(3);
    expect(await redis.zcard(keys.kept('brief', 'times'))).toBe(3);
    const sum = sizes.reduce((bytes, entry) => bytes + Number.parseInt(entry, 10), 0);
    expect(Number(await redis.get(keys.kept('brief', 'bytes')))).toBe(sum);
  });

  it('a job whose hash was deleted in the hands of its holder does not end', async () => {
    const [id] = await enqueue(1);
    const [held] = await lease();
    await redis.del(keys.job(id!));
    const { lease: own } = held!;
    const outcome = { ok: true, result: Buffer.from('answer') } as const;
    expect(await jobs.settle([{ lease: own, outcome }])).toEqual(['lost']);
    expect(await redis.zcard(keys.completed)).toBe(0);
  });

  it('a job that ended or came back is no longer suspected of having stalled', async () => {
    const [first, second] = await enqueue(2);
    const held = await lease();
    await redis.sadd(keys.stalled, first!, second!);
    const outcome = { ok: true, result: Buffer.from('answer') } as const;
    await jobs.settle([{ lease: held[0]!.lease, outcome }]);
    expect(await redis.smembers(keys.stalled)).toEqual([second]);
    await jobs.release([held[1]!.lease]);
    expect(await redis.exists(keys.stalled)).toBe(0);
  });

  it('at the global concurrency the end of a job wakes a worker', async () => {
    await enqueue(2);
    await redis.hset(keys.meta, 'concurrency', 1);
    const [held] = await lease();
    await redis.del(keys.marker);
    await jobs.settle([{ lease: held!.lease, outcome: { ok: true, result: Buffer.from('answer') } }]);
    expect(await redis.exists(keys.marker)).toBe(1);
  });

  it('of jobs without a priority no more are taken than asked for', async () => {
    const added = await enqueue(3);
    await redis.del(keys.prioritized);
    await redis.lpush(keys.wait, ...added);
    const { jobs: held } = await jobs.lease(Q, { holder: 'w', max: 2 });
    expect(held.map((job) => job.lease.jobId)).toEqual(added.slice(0, 2));
    expect(await redis.lrange(keys.wait, 0, -1)).toEqual(added.slice(2));
  });

  it('a queue that was paused a moment ago wakes nobody for what still came in', async () => {
    // As this process has read it before.
    await jobs.backlog(Q, 3);
    await redis.hset(keys.meta, 'paused', 1);
    await enqueue(1);
    expect(await redis.zcard(keys.prioritized)).toBe(1);
    expect(await redis.exists(keys.marker)).toBe(0);
  });
});
