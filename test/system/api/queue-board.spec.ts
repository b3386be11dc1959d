import { redisCommand } from '../fixtures/redis-command.js';
import { ApiCluster } from './fixtures/api-cluster.js';
import type { TestModel } from './fixtures/test-models.js';

const MODELS: readonly TestModel[] = ['quick', 'slow', 'mlp'];
const MLP = 'inference.mlp.1';
const QUICK = 'inference.quick.1';
const SLOW = 'inference.slow.1';
const SECONDS = { timeout: 5_000, interval: 50 };

let cluster: ApiCluster;
beforeAll(async () => {
  // A worker that has nothing to measure has no queue of its own.
  cluster = await ApiCluster.start({ models: MODELS, workers: 0 });
});
afterAll(() => cluster?.stop());

const queueNames = async () => (await cluster.board.queues()).map(({ name }) => name).toSorted();
const paused = async (name: string) => (await cluster.board.queues()).find((queue) => queue.name === name)?.isPaused;
const inferSlow = (count: number) =>
  Array.from({ length: count }, (_, index) => cluster.api.inferNumber('slow', index));

describe('Bull Board', () => {
  it('lists model-update from the start, and a model’s queue as soon as a worker has it', async () => {
    expect(await queueNames()).toEqual(['model-update']);
    cluster.processes.startWorker();
    await cluster.allReported(MODELS);
    await vi.waitFor(async () => {
      expect(await queueNames()).toEqual([MLP, QUICK, SLOW, 'model-update']);
    }, SECONDS);
  });

  it('names the workers that serve a queue', async () => {
    const { body } = await cluster.api.ask(`/queues/api/queues/${QUICK}/workers`);
    expect(body).toEqual({
      workers: [
        {
          id: expect.any(String),
          name: expect.stringMatching(/^worker-1\./),
          addr: expect.any(String),
          age: expect.any(Number),
        },
      ],
    });
    expect(await cluster.board.queues()).toContainEqual(expect.objectContaining({ name: QUICK, hasWorkers: true }));
  });

  it('is a page with everything that the page needs but its font', async () => {
    const { status, headers, text } = await cluster.api.ask('/queues');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/html/);
    const needs = [...text.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map(([, url]) => url ?? '');
    expect(needs.length).toBeGreaterThan(3);
    for (const url of needs) expect(await cluster.api.ask(`/queues/${url}`)).toMatchObject({ status: 200 });
  });

  it('shows what ran', async () => {
    await cluster.api.inferNumber('quick', 1);
    const quick = (await cluster.board.queues()).find(({ name }) => name === QUICK);
    expect(quick?.counts).toMatchObject({ completed: 1, failed: 0 });
    const [job] = await cluster.board.jobs(QUICK);
    expect(job).toMatchObject({ data: { label: { model: 'quick', version: '1', rows: 1 } } });
  });

  it('pauses a queue: requests are refused with 503 queue_paused until it is resumed', async () => {
    const x = { shape: [1, 4], datatype: 'FP32', data: [1, 2, 3, 4] };
    expect(await cluster.board.act(MLP, 'pause')).toBe(200);
    expect(await paused(MLP)).toBe(true);
    const { status, headers, body } = await cluster.api.inferX('mlp', x);
    expect(status).toBe(503);
    expect(body).toEqual({ error: `queue ${MLP} is paused: resume it, or try again later` });
    expect(headers.get('x-sluice-error')).toBe('queue_paused');
    expect(headers.get('retry-after')).toBe('1');
    expect(await cluster.api.inferNumber('quick', 1)).toMatchObject({ status: 200 });

    expect(await cluster.board.act(MLP, 'resume')).toBe(200);
    expect(await cluster.api.inferX('mlp', x)).toMatchObject({ status: 200 });
  });

  it('pauses all queues: what waited before is answered after they were resumed', async () => {
    const early = inferSlow(4);
    await vi.waitFor(async () => expect(await cluster.board.jobs(SLOW)).toHaveLength(4), SECONDS);
    await cluster.api.ask('/queues/api/queues/pause', { method: 'PUT' });
    expect((await cluster.board.queues()).map(({ isPaused }) => isPaused)).toEqual([true, true, true, true]);
    await cluster.api.ask('/queues/api/queues/resume', { method: 'PUT' });
    expect((await Promise.all(early)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(await cluster.api.inferNumber('slow', 0)).toMatchObject({ status: 200 });
  });

  it('takes actions with a JSON body', async () => {
    const { status } = await cluster.api.ask(`/queues/api/queues/${QUICK}/concurrency`, {
      method: 'PUT',
      body: '{"concurrency":3}',
      headers: { 'content-type': 'application/json' },
    });
    expect(status).toBe(200);
    expect(await redisCommand(cluster.redis.port, `HGET bull:${QUICK}:meta concurrency`)).toMatch(/\b3$/);
    await redisCommand(cluster.redis.port, `HDEL bull:${QUICK}:meta concurrency`);
  });

  it('removes a job: its client gets 410 within seconds, the others their answers', async () => {
    const known = (await cluster.board.jobs(SLOW)).length;
    const answers = inferSlow(12);
    await vi.waitFor(async () => expect(await cluster.board.jobs(SLOW)).toHaveLength(known + 12), SECONDS);
    const ids = (await cluster.board.jobs(SLOW)).map(({ id }) => id).toSorted();
    const startedAt = performance.now();
    expect(await cluster.board.act(SLOW, `${ids.at(-1)}/clean`)).toBe(204);

    const removed = await Promise.any(
      answers.map(async (answer) => ((await answer).status === 410 ? answer : Promise.reject(new Error('answered')))),
    );
    expect(performance.now() - startedAt).toBeLessThan(2_500);
    expect(removed.body).toEqual({ error: 'the job was removed from its queue before it was answered' });
    expect(removed.headers.get('x-sluice-error')).toBe('job_removed');
    const statuses = (await Promise.all(answers)).map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([...Array.from({ length: 11 }, () => 200), 410]);
  });
});
