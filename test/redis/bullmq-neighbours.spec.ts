import { BullMqJobQueue, JobIds } from '@sluice/job-queue';
import { CONFORMANCE_SETTINGS, startRedis } from '@sluice/testing';
import { Queue, Worker } from 'bullmq';

/** Sluice's queues are BullMQ's: whoever else works on them, Sluice bears it, and they see what they expect. */
const redis = await startRedis();
const Q = 'inference.neighbours.1';
let run = 0;

describe('beside plain BullMQ', () => {
  let sluice: BullMqJobQueue;
  let queue: Queue;
  let prefix: string;
  const connection = { url: redis.url };
  const ids = new JobIds(Date.now, Math.random);
  const workers: Worker[] = [];

  beforeEach(async () => {
    prefix = `neighbours-${++run}`;
    const onError = (error: Error) => expect.unreachable(error.message);
    sluice = new BullMqJobQueue({ redisUrl: redis.url, prefix, settings: CONFORMANCE_SETTINGS, onError });
    await sluice.start();
    queue = new Queue(Q, { connection, prefix });
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.close(true)));
    await queue.close();
    await sluice.stop();
  });
  afterAll(() => redis.stop());

  const enqueue = async (count = 1) => {
    const expiresAt = Date.now() + 60_000;
    const jobs = Array.from({ length: count }, () => ({
      id: ids.next(),
      label: { model: 'm', rows: 1 },
      replyTo: 'api',
      priority: 3,
      expiresAt,
      payload: Buffer.from('x'),
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
