import { JobIds, type BullMqJobQueue, type NewJob } from '@sluice/job-queue';
import { CONFORMANCE_SETTINGS, startRedis } from '@sluice/testing';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { REDIS_ADAPTERS } from './fixtures/adapters.js';

/** Sluice's queues are BullMQ's: whoever else works on them, Sluice bears it, and they see what they expect. */
const redis = await startRedis();
const Q = 'inference.neighbours.1';
let run = 0;

afterAll(() => redis.stop());

describe.each(REDIS_ADAPTERS)('beside plain BullMQ, $adapter', ({ Adapter }) => {
  let sluice: BullMqJobQueue;
  let queue: Queue;
  let prefix: string;
  const connection = { url: redis.url };
  const ids = new JobIds(Date.now, Math.random);
  const workers: Worker[] = [];

  beforeEach(async () => {
    prefix = `neighbours-${++run}`;
    const onError = (error: Error) => expect.unreachable(error.message);
    sluice = new Adapter({ redisUrl: redis.url, prefix, settings: CONFORMANCE_SETTINGS, onError });
    await sluice.start();
    queue = new Queue(Q, { connection, prefix });
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.close(true)));
    await queue.close();
    await sluice.stop();
  });

  const enqueue = async (count = 1, spec: Partial<NewJob> = {}) => {
    const expiresAt = Date.now() + 60_000;
    const jobs = Array.from({ length: count }, () => ({
      id: ids.next(),
      label: { model: 'm', rows: 1 },
      replyTo: 'api',
      priority: 3,
      expiresAt,
      payload: Buffer.from('x'),
      ...spec,
    }));
    await sluice.enqueue(Q, jobs);
    return jobs.map(({ id }) => id);
  };
  const lease = () => sluice.lease(Q, { holder: 'w', max: 10 });

  it('its tools see the state of every job', async () => {
    const [waiting] = await enqueue();
    expect(await queue.getJobState(waiting!)).toBe('prioritized');
    expect((await queue.getJob(waiting!))?.data).toMatchObject({ label: { model: 'm', rows: 1 } });
    const { jobs } = await lease();
    expect(await queue.getJobState(waiting!)).toBe('active');
    expect((await queue.getJob(waiting!))?.processedBy).toBe('w');
    const error = { code: 'inference_failed', message: 'no such row' } as const;
    await sluice.settle([{ lease: jobs[0]!.lease, outcome: { ok: false, error } }]);
    expect(await queue.getJobState(waiting!)).toBe('failed');
    expect((await queue.getJob(waiting!))?.failedReason).toBe('inference_failed: no such row');
  });

  it('a failed job that somebody retries there runs again', async () => {
    const [id] = await enqueue();
    const { jobs } = await lease();
    await sluice.settle([
      { lease: jobs[0]!.lease, outcome: { ok: false, error: { code: 'internal', message: 'once' } } },
    ]);
    await (await queue.getJob(id!))?.retry('failed');
    const again = await lease();
    expect(again.jobs.map(({ lease: { jobId, attempt } }) => [jobId, attempt])).toEqual([[id, 2]]);
    await sluice.settle([{ lease: again.jobs[0]!.lease, outcome: { ok: true, result: Buffer.from('y') } }]);
    expect(await sluice.inspect(Q, [id!])).toMatchObject([{ state: 'ended', outcome: { ok: true } }]);
  });

  it('a job that has completed and whose input is gone says so when somebody retries it there', async () => {
    const [id] = await enqueue(1, { payload: Buffer.alloc(50_000) });
    const { jobs } = await lease();
    await sluice.settle([{ lease: jobs[0]!.lease, outcome: { ok: true, result: Buffer.from('y') } }]);
    await (await queue.getJob(id!))?.retry('completed');
    expect(await lease()).toMatchObject({ jobs: [], dropped: [{ jobId: id, error: { code: 'job_removed' } }] });
    expect((await queue.getJob(id!))?.failedReason).toContain('send the request again');
  });

  it('a queue that is paused there hands out nothing and takes nothing, until it is resumed', async () => {
    await enqueue();
    await queue.pause();
    expect((await lease()).jobs).toEqual([]);
    await vi.waitFor(() => expect(enqueue()).rejects.toMatchObject({ code: 'queue_paused' }));
    await queue.resume();
    expect((await lease()).jobs).not.toEqual([]);
    await vi.waitFor(() => enqueue());
  });

  it('a job that somebody else wrote is failed with the reason, and holds up nothing', async () => {
    await queue.add('mine', { hello: 'world' }, { jobId: 'foreign' });
    const [ours] = await enqueue();
    const { jobs, dropped } = await lease();
    expect(jobs.map((job) => job.lease.jobId)).toEqual([ours]);
    expect(dropped).toMatchObject([{ jobId: 'foreign', error: { code: 'invalid_request' } }]);
    expect((await queue.getJob('foreign'))?.failedReason).toContain('was not written by Sluice');
  });

  it('a job that a plain worker holds is left to it, and swept once its lock is gone', async () => {
    const [id] = await enqueue();
    const worker = new Worker(Q, null, { connection, prefix, lockDuration: 300, autorun: false });
    workers.push(worker);
    expect((await worker.getNextJob('some-token', { block: false }))?.id).toBe(id);
    const gone = async () => ({ alive: false, running: [] });
    expect(await sluice.sweep(Q, gone)).toEqual([]);
    await vi.waitFor(async () => expect(await sluice.sweep(Q, gone)).toMatchObject([{ jobId: id }]), {
      timeout: 2_000,
    });
    expect((await lease()).jobs.map((job) => job.lease.jobId)).toEqual([id]);
  });

  it('its tools see what kind of work a job is, and where it was raised to', async () => {
    const [low] = await enqueue(1, { priority: 9, name: 'profile' });
    expect(await queue.getJob(low!)).toMatchObject({ name: 'profile', priority: 9 });
    const [urgent] = await enqueue(1, { priority: 1 });
    expect(await queue.getJob(urgent!)).toMatchObject({ name: 'infer' });
    await sluice.raise(Q, -1_000);
    expect((await queue.getJob(low!))?.priority).toBe(1);
    expect((await queue.getJobs(['prioritized'], 0, -1, true)).map((job) => job.id)).toEqual([low, urgent]);
    expect(await queue.getCountsPerPriority([1, 9])).toEqual({ 1: 2, 9: 0 });
  });

  it('heads are in the order in which BullMQ hands out: its own jobs first, delayed ones when they are due', async () => {
    const expiresAt = Date.now() + 30_000;
    await enqueue(1, { expiresAt });
    await queue.add('later', {}, { delay: 60_000 });
    expect(await sluice.heads([Q])).toMatchObject([{ waiting: 1, expiresAt }]);
    await queue.add('mine', { hello: 'world' }, { timestamp: 7 });
    // What is not Sluice's is given up as soon as it is leased: nothing speaks for letting it lie.
    expect(await sluice.heads([Q])).toEqual([{ queue: Q, waiting: 2, enqueuedAt: 7, expiresAt: 7 }]);
    expect(await sluice.backlog(Q, 1)).toMatchObject({ ahead: 2, waiting: 3 });
    const delayed = new Queue('inference.delayed.1', { connection, prefix });
    await delayed.add('due', {}, { delay: 1, timestamp: Date.now() - 10 });
    expect(await sluice.heads(['inference.delayed.1'])).toMatchObject([{ waiting: 1 }]);
    await delayed.close();
  });

  it('a queue that is at its global concurrency has no head until a job ends', async () => {
    await enqueue(2);
    await queue.setGlobalConcurrency(1);
    const { jobs } = await lease();
    expect(jobs).toHaveLength(1);
    expect(await sluice.heads([Q])).toEqual([]);
    await sluice.settle([{ lease: jobs[0]!.lease, outcome: { ok: true, result: Buffer.from('y') } }]);
    expect(await sluice.heads([Q])).toMatchObject([{ waiting: 1 }]);
  });

  it('a queue that is removed leaves no key behind, in whatever state its jobs were', async () => {
    await enqueue(4, { payload: Buffer.alloc(10_000), keepResultMs: 60_000 });
    const { jobs } = await lease();
    await sluice.settle([{ lease: jobs[0]!.lease, outcome: { ok: true, result: Buffer.alloc(10_000) } }]);
    await sluice.release([jobs[1]!.lease]);
    await queue.add('mine', {}, { delay: 60_000 });
    await sluice.waitForWork([Q], 1_000);
    const observer = new Redis(redis.url);
    const names = async () => (await observer.keys('*')).filter((key) => key.includes(prefix));
    expect((await names()).length).toBeGreaterThan(10);
    await sluice.removeQueue(Q);
    expect(await names()).toEqual([]);
    observer.disconnect();
  });

  it('a large payload is gone when its job has ended or was cancelled, and a small one when it was answered', async () => {
    const [ended, cancelled] = await enqueue(2, { payload: Buffer.alloc(50_000) });
    const [small] = await enqueue(1, { payload: Buffer.alloc(1_000) });
    const observer = new Redis(redis.url);
    const payloads = async () => (await observer.keys(`sluice:${prefix}:payload:*`)).length;
    expect(await payloads()).toBe(2);
    expect(await sluice.cancel(Q, [cancelled!])).toEqual(['cancelled']);
    expect(await payloads()).toBe(1);
    const { jobs } = await lease();
    expect(jobs.map(({ lease: { jobId }, payload }) => [jobId, payload.byteLength])).toEqual([
      [ended, 50_000],
      [small, 1_000],
    ]);
    const outcome = { ok: true, result: Buffer.from('y') } as const;
    await sluice.settle(jobs.map((job) => ({ lease: job.lease, outcome })));
    expect(await payloads()).toBe(0);
    expect(await observer.hget(`${prefix}:${Q}:${small}`, 'payload')).toBeOneOf([null, '']);
    observer.disconnect();
  });

  it('tells the bytes of a long queue from a sample of its jobs', async () => {
    const settings = { ...CONFORMANCE_SETTINGS, maxWaiting: 1_000, maxWaitingBytes: 1e7 };
    const roomy = new Adapter({ redisUrl: redis.url, prefix, settings, onError: () => {} });
    await roomy.start();
    const payloads = [10, 1_000, 9_000].map((size) => Buffer.alloc(size));
    const expiresAt = Date.now() + 60_000;
    await roomy.enqueue(
      Q,
      Array.from({ length: 600 }, (_, index) => ({
        id: ids.next(),
        label: {},
        replyTo: 'api',
        priority: 3,
        expiresAt,
        payload: payloads[index % 3]!,
      })),
    );
    const { waiting, bytes } = await sluice.backlog(Q, 3);
    expect(waiting).toBe(600);
    // The mean of 64 of them: four standard deviations.
    expect(Math.abs(bytes / (200 * 10_010) - 1)).toBeLessThan(0.6);
    await roomy.stop();
  });

  it("a job that BullMQ's stalled check gave up is run again, alone", async () => {
    const [id] = await enqueue();
    await lease();
    // A neighbour with its checker on: it fails what stalled more often than its maxStalledCount.
    const options = { connection, prefix, stalledInterval: 100, maxStalledCount: 0, autorun: false };
    const checker = new Worker(Q, null, options);
    workers.push(checker);
    await checker.startStalledCheckTimer();
    const returned = await vi.waitFor(
      async () => {
        const { jobs } = await lease();
        expect(jobs).toHaveLength(1);
        return jobs[0]!;
      },
      { timeout: 5_000, interval: 50 },
    );
    expect(returned).toMatchObject({ lease: { jobId: id }, deaths: { inCompany: 1, alone: 0 } });
    const settled = await sluice.settle([{ lease: returned.lease, outcome: { ok: true, result: Buffer.from('z') } }]);
    expect(settled).toEqual(['settled']);
  });
});
