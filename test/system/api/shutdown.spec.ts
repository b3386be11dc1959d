import { ApiCluster } from './fixtures/api-cluster.js';

const QUEUE = 'inference.slow.1';
const SOON = { timeout: 5_000, interval: 20 };

let cluster: ApiCluster;
let frozen: ApiCluster;
beforeAll(async () => {
  [cluster, frozen] = await Promise.all([
    ApiCluster.start({ models: ['slow'] }),
    ApiCluster.start({ models: [], workers: 0 }),
  ]);
});
afterAll(() => Promise.all([cluster?.stop(), frozen?.stop()]));

/** An API of a test's own that knows the model. */
async function startApi() {
  const started = await cluster.startApi();
  await vi.waitFor(async () => expect(await started.api.ask('/v2/health/ready')).toMatchObject({ status: 200 }), SOON);
  return started;
}

const jobCount = async () => (await cluster.board.jobs(QUEUE)).length;
const jobsAre = (count: number) => vi.waitFor(async () => expect(await jobCount()).toBe(count), SOON);

describe('at SIGTERM the API', () => {
  it('answers what is in flight, takes nothing new, and ends', async () => {
    const { process, api } = await startApi();
    const known = await jobCount();
    const answers = Array.from({ length: 6 }, (_, index) => api.inferNumber('slow', index));
    await jobsAre(known + 6);
    const startedAt = performance.now();
    process.terminate();
    await vi.waitFor(() => expect(fetch(`${api.url}/v2/health/live`)).rejects.toThrow('fetch failed'), SOON);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    for (const [index, answer] of (await Promise.all(answers)).entries())
      expect(answer).toMatchObject({ status: 200, body: { outputs: [{ data: [index] }] } });
    expect(await process.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });

  it.concurrent('sends away what would take too long, and leaves none of its jobs behind', async ({ expect }) => {
    const { process, api } = await startApi();
    const [worker] = cluster.processes.workers;
    worker?.terminate();
    await worker?.exited;
    // Accepted, because workers may come back; this one will not.
    const known = await jobCount();
    const answer = api.inferNumber('slow', 1);
    await jobsAre(known + 1);
    const startedAt = performance.now();
    process.terminate();
    const { status, headers, body } = await answer;
    expect(status).toBe(503);
    expect(body).toEqual({ error: 'the server is shutting down: send the request again' });
    expect(headers.get('x-sluice-error')).toBe('shutting_down');
    expect(await process.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - startedAt).toBeLessThan(9_000);
    expect(await jobCount()).toBe(known);
  });

  it.concurrent('ends even when Redis does not answer', async ({ expect }) => {
    const { api, redis, processes } = frozen;
    redis.pause();
    await vi.waitFor(async () => expect(await api.ask('/v2/health/ready')).toMatchObject({ status: 503 }), SOON);
    const [process] = processes.apis;
    const startedAt = performance.now();
    process?.terminate();
    expect(await process?.exited).toMatchObject({ signal: null });
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});
