import { ApiCluster } from './fixtures/api-cluster.js';
import type { Answer } from './fixtures/api-client.js';
import type { TestModel } from './fixtures/test-models.js';

const MODELS: readonly TestModel[] = ['quick', 'slow'];
const DEADLINE_MS = 3_000;
const SOON = { timeout: 10_000, interval: 100 };

let cluster: ApiCluster;
beforeAll(async () => {
  cluster = await ApiCluster.start({
    models: MODELS,
    workers: 0,
    environment: { SLUICE_PRESENCE_MS: '900', SLUICE_REQUEST_TIMEOUT_MS: String(DEADLINE_MS) },
  });
});
afterAll(() => cluster?.stop());

const ready = () => cluster.api.ask('/v2/health/ready');
const becomesReady = async () => {
  await cluster.allReported(MODELS);
  await vi.waitFor(async () => expect(await ready()).toMatchObject({ status: 200 }), SOON);
};
const becomesUnready = (reason: RegExp) =>
  vi.waitFor(async () => {
    const { status, body } = await ready();
    expect(status).toBe(503);
    expect(body).toEqual({ ready: false, reason: expect.stringMatching(reason) });
  }, SOON);
const expectRefusal = ({ status, headers, body }: Answer, code: string) => {
  expect(status).toBe(503);
  expect(body).toEqual({ error: expect.any(String) });
  expect(headers.get('x-sluice-error')).toBe(code);
  expect(headers.get('retry-after')).toBe('1');
};

afterEach(async () => {
  expect(await cluster.api.ask('/v2/health/live')).toMatchObject({ status: 200, body: { live: true } });
});

it('is not ready without a worker, and then is', async () => {
  await becomesUnready(/^no worker is alive$/);
  expectRefusal(await cluster.api.inferNumber('quick', 1), 'no_worker');
  cluster.processes.startWorker();
  await becomesReady();
  expect(await cluster.api.inferNumber('quick', 1)).toMatchObject({ status: 200 });
});

it('is not ready when its only worker has died, and is again with the next', async () => {
  cluster.processes.workers.at(-1)?.kill();
  await becomesUnready(/^no worker is alive$/);
  const { status, body } = await cluster.api.ask('/v2/models/quick/ready');
  expect(status).toBe(503);
  expect(body).toEqual({ name: 'quick', ready: false, reason: 'no worker that is alive has it' });
  // Its workers may be restarting: what is asked in the meantime waits for them.
  const waiting = cluster.api.inferNumber('quick', 4);
  cluster.processes.startWorker();
  expect(await waiting).toMatchObject({ status: 200, body: { outputs: [{ data: [4] }] } });
  await becomesReady();
});

it('is not ready while Redis does not answer, keeps its deadlines, and is ready again afterwards', async () => {
  cluster.redis.pause();
  await becomesUnready(/^Redis did not answer within 1000 ms$/);
  const startedAt = performance.now();
  const answer = await cluster.api.inferNumber('quick', 1);
  expect(answer.status).toBe(504);
  expect(performance.now() - startedAt).toBeLessThan(DEADLINE_MS + 1_000);
  cluster.redis.resume();
  await becomesReady();
  expect(await cluster.api.inferNumber('quick', 5)).toMatchObject({ status: 200, body: { outputs: [{ data: [5] }] } });
});

it('answers what was sent while Redis did not answer, when that comes back before the deadline', async () => {
  cluster.redis.pause();
  // Its queue has never been asked: how full it is must be read before the job can be added.
  const answer = cluster.api.inferNumber('slow', 7);
  // A second each, until the ping is given up: long enough for a look at what became of the job.
  for (let look = 0; look < 2; look++) expect(await ready()).toMatchObject({ status: 503 });
  cluster.redis.resume();
  expect(await answer).toMatchObject({ status: 200, body: { outputs: [{ data: [7] }] } });
});

it('is not ready without Redis, refuses at once, and is ready again with a new and empty one', async () => {
  await cluster.redis.kill();
  await becomesUnready(/Redis/);
  const startedAt = performance.now();
  expectRefusal(await cluster.api.inferNumber('quick', 1), 'redis_unavailable');
  expect(performance.now() - startedAt).toBeLessThan(500);
  await cluster.redis.restart();
  await becomesReady();
  await vi.waitFor(async () => {
    expect(await cluster.api.inferNumber('quick', 6)).toMatchObject({ status: 200 });
  }, SOON);
});
