import { ApiCluster } from './fixtures/api-cluster.js';

const QUEUE = 'inference.slow.1';
const SOON = { timeout: 5_000, interval: 10 };

let cluster: ApiCluster;
beforeAll(async () => {
  cluster = await ApiCluster.start({
    models: ['slow'],
    environment: { SLUICE_MAX_WAITING: '1' },
  });
});
afterAll(() => cluster?.stop());

const counts = async () => {
  const listed = (await cluster.board.queues()).find(({ name }) => name === QUEUE);
  const { active = 0, waiting = 0, prioritized = 0 } = listed?.counts ?? {};
  return { active, waiting: waiting + prioritized };
};

it('a client that goes away frees its place in a queue that has room for one', async () => {
  const clients: { readonly gone: AbortController; readonly status: Promise<number> }[] = [];
  const ask = async () => {
    const before = await counts();
    const gone = new AbortController();
    const answer = cluster.api.inferNumber('slow', 1, { signal: gone.signal });
    const status = answer.then(
      (answered) => answered.status,
      () => 0,
    );
    clients.push({ gone, status });
    await vi.waitFor(async () => expect(await counts()).not.toEqual(before), SOON);
  };
  // As many as the worker takes, and one that waits: it goes away before its turn.
  while ((await counts()).waiting === 0) await ask();
  const refused = await cluster.api.inferNumber('slow', 1);
  expect(refused.status).toBe(429);
  expect(refused.headers.get('x-sluice-error')).toBe('queue_full');
  clients.at(-1)?.gone.abort();
  await vi.waitFor(async () => expect((await counts()).waiting).toBe(0), SOON);
  expect(await cluster.api.inferNumber('slow', 1)).toMatchObject({ status: 200 });
  const statuses = await Promise.all(clients.map(({ status }) => status));
  expect(statuses).toEqual([...clients.slice(1).map(() => 200), 0]);
});
