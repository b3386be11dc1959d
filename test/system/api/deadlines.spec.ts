import { ApiCluster } from './fixtures/api-cluster.js';

const DEADLINE_MS = 1_000;
const QUEUE = 'inference.slow.1';
const SOON = { timeout: 3_000, interval: 20 };

let cluster: ApiCluster;
beforeAll(async () => {
  cluster = await ApiCluster.start({
    models: ['slow'],
    // What runs for so long nobody knows yet: nothing is refused by a prediction.
    environment: { SLUICE_REQUEST_TIMEOUT_MS: String(DEADLINE_MS) },
  });
});
afterAll(() => cluster?.stop());

const counts = async () => {
  const queue = (await cluster.board.queues()).find(({ name }) => name === QUEUE);
  const { completed = 0, active = 0, waiting = 0, prioritized = 0 } = queue?.counts ?? {};
  return { completed, active, waiting: waiting + prioritized };
};
const idle = () => vi.waitFor(async () => expect(await counts()).toMatchObject({ active: 0, waiting: 0 }), SOON);

it('answers 504 at the deadline, and removes the jobs that have not started', async () => {
  const before = await counts();
  const answers = await Promise.all(
    Array.from({ length: 12 }, async (_, index) => {
      const startedAt = performance.now();
      const answer = await cluster.api.inferNumber('slow', index);
      return { ...answer, ms: performance.now() - startedAt };
    }),
  );
  const late = answers.filter(({ status }) => status === 504);
  // One runs every 250 ms.
  expect(late.length).toBeGreaterThanOrEqual(6);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(12 - late.length);
  for (const { ms, body, headers } of late) {
    expect(ms).toBeGreaterThan(DEADLINE_MS - 50);
    expect(ms).toBeLessThan(DEADLINE_MS + 600);
    // Noticed here, or by the worker that would have started it.
    expect(body).toEqual({ error: expect.stringMatching(/its deadline (of 1000 ms|passed)$/) });
    expect(headers.get('x-sluice-error')).toBe('deadline_exceeded');
  }
  await idle();
  // What had started by then: a batch that ran, and one that was ready to run.
  const { completed } = await counts();
  expect(completed - before.completed).toBeLessThanOrEqual(12 - late.length + 2);
});
