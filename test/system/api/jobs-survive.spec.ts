import { redisCommand } from '../fixtures/redis-command.js';
import { ApiCluster } from './fixtures/api-cluster.js';

const SOON = { timeout: 5_000, interval: 20 };
const KEEP_MS = 2_000;

let cluster: ApiCluster;
beforeAll(async () => {
  cluster = await ApiCluster.start({
    models: ['quick', 'slow'],
    environment: { SLUICE_KEEP_ASYNC_RESULTS_MS: String(KEEP_MS), SLUICE_KEEP_RESULTS_MS: '1000' },
  });
});
afterAll(() => cluster?.stop());

const idOf = (body: unknown) => (body as { id: string }).id;
const request = { inputs: [{ name: 'x', shape: [1, 1], datatype: 'FP32', data: [3] }] };
const submit = async (model: string, api = cluster.api) => {
  const { status, body } = await api.ask(`/v2/models/${model}/infer?async=true`, {
    method: 'POST',
    body: JSON.stringify(request),
  });
  expect(status).toBe(202);
  return idOf(body);
};

it('an asynchronous job outlives the API that accepted it: another one answers', async () => {
  const { process, api } = await cluster.startApi();
  await vi.waitFor(async () => expect(await api.ask('/v2/models/slow/ready')).toMatchObject({ status: 200 }), SOON);
  const ids = await Promise.all([1, 2, 3].map(() => submit('slow', api)));
  process.kill();
  await process.exited;
  for (const id of ids) {
    const { body } = await cluster.api.ask(`/jobs/${id}?wait=30`);
    expect(body).toMatchObject({ state: 'completed', result: { outputs: [{ name: 'y', data: [3] }] } });
  }
});

it('a result is gone after its time, however many synchronous requests end meanwhile', async () => {
  const id = await submit('quick');
  const path = `/jobs/${id}`;
  expect(await cluster.api.ask(`${path}?wait=30`)).toMatchObject({ body: { state: 'completed' } });
  const synchronous = 'bull:inference.quick.1';
  await vi.waitFor(
    async () => {
      await cluster.api.inferNumber('quick', 1);
      const { status, headers, body } = await cluster.api.ask(path);
      expect(status).toBe(410);
      expect(headers.get('x-sluice-error')).toBe('result_expired');
      expect(body).toEqual({ error: 'the job ended long ago: its result is no longer kept' });
    },
    { timeout: KEEP_MS + 3_000, interval: 100 },
  );
  // Nothing of it, nor of the others, stays: the workers prune.
  await vi.waitFor(
    async () => expect(await redisCommand(cluster.redis.port, `ZCARD ${synchronous}:completed`)).toBe(':0'),
    { timeout: 5_000, interval: 100 },
  );
  expect(await redisCommand(cluster.redis.port, `EXISTS ${synchronous}:${id.split('.')[2]}`)).toBe(':0');
});

it('requests whose replies are published while the subscription is cut are all answered', async () => {
  const answers = Array.from({ length: 12 }, (_, index) => cluster.api.inferNumber('slow', index));
  const polled = await submit('slow');
  const poll = cluster.api.ask(`/jobs/${polled}?wait=30`);
  let cuts = 0;
  const answered = new AbortController();
  const cutting = (async () => {
    while (!answered.signal.aborted) {
      // Ends the subscription of every API and of nobody else.
      const killed = Number((await redisCommand(cluster.redis.port, 'CLIENT KILL TYPE pubsub')).slice(1));
      cuts += killed;
      await redisCommand(cluster.redis.port, 'BLPOP nothing 0.2');
    }
  })();
  const bodies = (await Promise.all(answers)).map(({ body }) => body);
  expect(await poll).toMatchObject({ body: { state: 'completed' } });
  answered.abort();
  await cutting;
  expect(bodies).toEqual(
    bodies.map((_, index) => expect.objectContaining({ outputs: [expect.objectContaining({ data: [index] })] })),
  );
  expect(cuts).toBeGreaterThan(3);
});

it('a job that an operator removes is noticed within a second', async () => {
  const queue = 'inference.slow.1';
  const known = (await cluster.board.jobs(queue)).length;
  const answers = Array.from({ length: 10 }, (_, index) => cluster.api.inferNumber('slow', index));
  await vi.waitFor(async () => expect(await cluster.board.jobs(queue)).toHaveLength(known + 10), SOON);
  const last = (await cluster.board.jobs(queue))
    .map(({ id }) => id)
    .toSorted()
    .at(-1);
  expect(await cluster.board.act(queue, `${last}/clean`)).toBe(204);
  const removedAt = performance.now();
  const removed = await Promise.any(
    answers.map(async (answer) => ((await answer).status === 410 ? answer : Promise.reject(new Error('answered')))),
  );
  // The bound is what is promised, not a measurement.
  expect(performance.now() - removedAt).toBeLessThan(1_000);
  expect(removed.headers.get('x-sluice-error')).toBe('job_removed');
  await Promise.all(answers);
});
