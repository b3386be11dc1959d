import { ApiCluster } from './fixtures/api-cluster.js';

const QUEUE = 'inference.slow.1';
const WITHIN = { timeout: 5_000, interval: 10 };

let cluster: ApiCluster;
beforeAll(async () => {
  cluster = await ApiCluster.start({ models: ['slow'] });
});
afterAll(() => cluster?.stop());

const infer = (value: number, parameters: object) =>
  cluster.api.infer('slow', { inputs: [{ name: 'x', shape: [1, 1], datatype: 'FP32', data: [value] }], parameters });

async function inQueue(): Promise<number> {
  const queue = (await cluster.board.queues()).find(({ name }) => name === QUEUE);
  const { active = 0, waiting = 0, prioritized = 0 } = queue?.counts ?? {};
  return active + waiting + prioritized;
}

/** First of all: what runs for so long nobody knows yet, or the request would be refused. */
it('gives a request up when its timeout is over', async () => {
  const patient = [infer(1, {}), infer(2, { timeout: 0 })];
  await vi.waitFor(async () => expect(await inQueue()).toBe(2), WITHIN);
  const hasty = await infer(3, { timeout: 100_000 });
  expect(hasty).toMatchObject({
    status: 504,
    // Noticed here, or by the worker that would have started it.
    body: { error: expect.stringMatching(/its deadline (of 100 ms|passed)$/) },
  });
  expect(hasty.headers.get('x-sluice-error')).toBe('deadline_exceeded');
  for (const answer of patient) expect(await answer).toMatchObject({ status: 200 });
  await vi.waitFor(async () => expect(await inQueue()).toBe(0), WITHIN);
});

it('serves the highest priority first', async () => {
  const answered: string[] = [];
  const sent: Promise<number>[] = [];
  const send = async (name: string, parameters: object) => {
    const before = await inQueue();
    sent.push(
      infer(1, parameters).then(({ status }) => {
        answered.push(name);
        return status;
      }),
    );
    await vi.waitFor(async () => expect(await inQueue()).toBeGreaterThan(before), WITHIN);
  };
  // Two are with the worker by the time the others come: one on the device, one ready to follow.
  await send('ahead', { priority: 1 });
  await send('ahead', { priority: 1 });
  await send('last', { priority: 2_097_151 });
  await send('default, sent first', {});
  await send('default, sent second', { priority: 0 });
  await send('first', { priority: 1 });
  expect(new Set(await Promise.all(sent))).toEqual(new Set([200]));
  expect(answered).toEqual(['ahead', 'ahead', 'first', 'default, sent first', 'default, sent second', 'last']);
});

it('takes a timeout that is longer than what the server allows for just that', async () => {
  expect(await infer(1, { timeout: Number.MAX_SAFE_INTEGER })).toMatchObject({ status: 200 });
});
