import { BatchedJobQueue, JobIds } from '@sluice/job-queue';
import { CONFORMANCE_SETTINGS, startRedis } from '@sluice/testing';
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
