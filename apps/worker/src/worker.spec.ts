import type { WorkerReport } from '@sluice/cluster';
import { compileWorkerConfig } from '@sluice/config';
import { LayeredModelStore } from '@sluice/model-store';
import { createLogger } from '@sluice/telemetry';
import { Q, WorkerHarness } from './worker.harness.js';
import { workerAdapters } from './worker.module.js';

describe('a worker', () => {
  let harness: WorkerHarness;
  beforeEach(() => {
    harness = new WorkerHarness();
  });
  afterEach(() => harness.close());

  it('answers each request with its own result, rows of several requests in one batch', async () => {
    await harness.start();
    const [first] = await harness.send([1, 1]);
    await harness.running(1);
    const others = await harness.send([2, 3], [4, 5, 6, 7], [8, 9]);
    expect(await harness.answers([first!, ...others])).toEqual([[2], [5], [9, 13], [17]]);
    expect(harness.scripted.ledger()).toMatchObject({ runs: 2, rows: 5 });
    expect(await harness.queue.counts(Q)).toMatchObject({ waiting: 0, active: 0, completed: 4, failed: 0 });
  });

  it('leases and packs the next batch while the device runs one, and not more than that', async () => {
    await harness.start({ fixedMs: 200 });
    const [first] = await harness.send([0, 0]);
    await harness.running(1);
    const others = await harness.send(...Array.from({ length: 100 }, (_, index) => [index, 1]));
    await harness.running(33);
    // The device is still in its first run: what is held beyond it is staged.
    expect(harness.scripted.ledger().runs).toBe(0);
    expect((await harness.queue.counts(Q)).active).toBe(33);
    await harness.answers([first!, ...others]);
    expect(harness.scripted.ledger()).toMatchObject({ runs: 5, rows: 101 });
  });

  it('fails the bad request of a batch and none of its neighbours', async () => {
    await harness.start();
    const [first] = await harness.send([0, 0]);
    await harness.running(1);
    const mixed = await harness.send([1, 2], [666, 0], [3, 4]);
    expect(await harness.answers([first!, ...mixed])).toEqual([[0], [3], 'inference_failed', [7]]);
    expect(harness.pool.outstanding).toBe(0);
  });

  it('ends a job that holds no request, and goes on', async () => {
    await harness.start();
    const bad = harness.job(Buffer.from('not a frame'));
    await harness.queue.enqueue(Q, [bad]);
    const [good] = await harness.send([1, 2]);
    expect(await harness.answers([bad.id, good!])).toEqual(['invalid_request', [3]]);
  });

  it('ends a request as poisoned whose workers died three times while they ran nothing else', async () => {
    const [guilty, innocent] = await harness.send([1, 1], [2, 2]);
    for (const [holder, running] of [
      ['a', [guilty!, innocent!]],
      ['b', [guilty!]],
      ['c', [guilty!]],
      ['d', [guilty!]],
    ] as const) {
      await harness.queue.lease(Q, { holder, max: 2 });
      await harness.queue.sweep(Q, async () => ({ alive: false, running }));
    }
    await harness.start();
    expect(await harness.answers([guilty!, innocent!])).toEqual(['poisoned', [4]]);
  });

  it('lives on when a batch cannot be settled, and the jobs run again', async () => {
    await harness.start();
    vi.spyOn(harness.queue, 'settle').mockRejectedValueOnce(new Error('OOM command not allowed'));
    const ids = await harness.send([1, 2], [3, 4]);
    expect(await harness.answers(ids)).toEqual([[3], [7]]);
  });

  it('says nothing about a job that somebody else has by now', async () => {
    await harness.start({ fixedMs: 200 });
    const [taken] = await harness.send([1, 2]);
    await harness.running(1);
    await harness.queue.sweep(Q, async () => ({ alive: false, running: [] }));
    const { jobs } = await harness.queue.lease(Q, { holder: 'other', max: 1 });
    const [next] = await harness.send([5, 5]);
    expect(await harness.answers([next!])).toEqual([[10]]);
    expect(harness.replies.has(taken!)).toBe(false);
    const outcome = { ok: true, result: Buffer.from('theirs') } as const;
    expect(await harness.queue.settle([{ lease: jobs[0]!.lease, outcome }])).toEqual(['settled']);
  });

  it('drains: what runs is answered, what has not started goes back, nothing is held', async () => {
    await harness.start({ fixedMs: 150 });
    const [running] = await harness.send([1, 2]);
    await harness.running(1);
    const waiting = await harness.send(...Array.from({ length: 40 }, () => [0, 0]));
    await harness.running(33);
    const { pool } = harness;
    expect(pool.outstanding).toBe(2);
    await harness.drain();
    expect(pool.outstanding).toBe(0);
    expect(await harness.answers([running!])).toEqual([[3]]);
    expect(harness.replies.size).toBe(1);
    expect(await harness.queue.counts(Q)).toMatchObject({ waiting: 40, active: 0 });
    const { jobs } = await harness.queue.lease(Q, { holder: 'next', max: 50 });
    expect(jobs.map(({ lease }) => lease.jobId)).toEqual(waiting);
    expect(await harness.api.workers()).toEqual([]);
  });

  it('unloads a model: what it holds is answered, what waits stays where it is, until the model is loaded again', async () => {
    await harness.start({ fixedMs: 100 });
    const [running] = await harness.send([1, 2]);
    await harness.running(1);
    const staged = await harness.send(...Array.from({ length: 32 }, () => [1, 1]));
    await harness.running(33);
    const waiting = await harness.send([3, 4]);
    const unloaded = await harness.wish('unloaded');
    expect(unloaded).toMatchObject({ models: [{ version: '1', state: 'unavailable', reason: 'unloaded' }] });
    expect(await harness.answers([running!, ...staged])).toEqual([[3], ...staged.map(() => [2])]);
    expect(harness.scripted.ledger()).toMatchObject({ runs: 2 });
    expect(await harness.queue.counts(Q)).toMatchObject({ waiting: 1, active: 0 });
    await harness.wish('loaded');
    expect(await harness.answers(waiting)).toEqual([[7]]);
  });

  it('loads a changed model beside the one that serves, and answers what it holds with that', async () => {
    await harness.start({ fixedMs: 100 });
    const [running] = await harness.send([1, 2]);
    await harness.running(1);
    const staged = await harness.send(...Array.from({ length: 32 }, () => [1, 1]));
    await harness.running(33);
    harness.write('1', { fixedMs: 0 });
    await harness.wish('loaded');
    const after = await harness.send([3, 4]);
    expect(await harness.answers([running!, ...staged, ...after])).toEqual([[3], ...staged.map(() => [2]), [7]]);
    const { busyMs, runs } = harness.scripted.ledger();
    expect([runs, Math.floor(busyMs / 100)]).toEqual([3, 2]);
  });

  it('serves on as before when a changed model cannot be loaded, and says why', async () => {
    await harness.start();
    harness.write('1', { outputs: [] });
    harness.write('2', {});
    const { applied, models } = await harness.wish('loaded');
    expect(applied['sum']?.faults).toEqual([
      { code: 'model_unavailable', message: expect.stringMatching(/^version 1: cannot load .*outputs/s) },
    ]);
    expect(models).toMatchObject([
      { version: '1', state: 'ready' },
      { version: '2', state: 'ready' },
    ]);
    expect(await harness.answers(await harness.send([3, 4]))).toEqual([[7]]);
  });

  it('does not load a model that was unloaded before it joined, and answers wishes about models that it has not', async () => {
    await harness.api.setModelState('sum', 'unloaded');
    await harness.api.setModelState('other', 'loaded');
    await harness.start();
    const [report] = await harness.api.workers();
    expect(report).toMatchObject({ models: [{ model: 'sum', state: 'unavailable', reason: 'unloaded' }] });
    await vi.waitFor(async () => {
      const [{ applied }] = (await harness.api.workers()) as [WorkerReport];
      expect(applied['other']).toMatchObject({ faults: [{ code: 'model_not_found' }] });
    });
  });

  it('counts what it has done', async () => {
    await harness.start();
    const [first] = await harness.send([0, 0]);
    await harness.running(1);
    await harness.answers([first!, ...(await harness.send([1, 2], [4, 5, 6, 7]))]);
    const [running] = await harness.send([0, 0]);
    await harness.running(1);
    await harness.answers([running!, ...(await harness.send([666, 0], [1, 1]))]);
    await harness.drain();
    const [statistics] = await harness.api.statistics([{ model: 'sum', version: '1' }]);
    expect(statistics).toMatchObject({
      inferenceCount: 6,
      executionCount: 4,
      requests: { success: { count: 5 }, fail: { count: 1 }, queue: { count: 6 }, compute_infer: { count: 5 } },
      batches: [
        { rows: 1, compute_infer: { count: 3 } },
        { rows: 3, compute_infer: { count: 1 } },
      ],
    });
    expect(statistics?.requests.compute_infer.ns).toBeGreaterThanOrEqual(5 * 20e6);
  });
});

it('binds the ports of a real worker to BullMQ, Redis, a folder and onnxruntime', () => {
  const adapters = workerAdapters(compileWorkerConfig({}), createLogger('worker', 'silent'));
  expect(adapters.store).toBeInstanceOf(LayeredModelStore);
});
