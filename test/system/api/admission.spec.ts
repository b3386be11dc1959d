import { setTimeout as delay } from 'node:timers/promises';
import { ApiCluster } from './fixtures/api-cluster.js';

/** Each request of `slow` takes 250 ms, alone. */
const RUN_MS = 250;
const QUEUE = 'inference.slow.1';
const MOST_WAITING = 12;
const SOON = { timeout: 5_000, interval: 20 };
const DEADLINE = 'x-sluice-deadline-ms';

let cluster: ApiCluster;
beforeAll(async () => {
  // Nothing is known of a model until it has run: it is not measured beforehand.
  const environment = { SLUICE_MAX_WAITING: String(MOST_WAITING) };
  cluster = await ApiCluster.start({ models: ['slow', 'quick'], environment });
});
afterAll(() => cluster?.stop());

interface Cluster {
  readonly workers: readonly { readonly load?: { readonly costs: readonly { readonly queue: string }[] } }[];
  readonly queues: readonly { readonly name: string; readonly waiting: number; readonly active: number }[];
  readonly api: { readonly refusals: Readonly<Record<string, number>> };
}
const look = async () => (await cluster.api.ask('/cluster')).body as Cluster;
const queue = async () => (await look()).queues.find(({ name }) => name === QUEUE);
const infer = (headers: Readonly<Record<string, string>> = {}, value = 1) =>
  cluster.api.inferNumber('slow', value, { headers });
const submit = (headers: Readonly<Record<string, string>>, value = 1) => {
  const body = JSON.stringify({ inputs: [{ name: 'x', shape: [1, 1], datatype: 'FP32', data: [value] }] });
  return cluster.api.ask('/v2/models/slow/infer?async=true', { method: 'POST', body, headers });
};
/** So many requests that wait or run, and will be answered; resolves when they are in the queue. */
const fill = async (count: number) => {
  const answers = Array.from({ length: count }, () => infer());
  await vi.waitFor(async () => {
    const { waiting = 0, active = 0 } = (await queue()) ?? {};
    expect(waiting + active).toBe(count);
  }, SOON);
  return Promise.all(answers).then((all) => all.map(({ status }) => status));
};
const costsAreKnown = () =>
  vi.waitFor(async () => {
    const costs = (await look()).workers.flatMap(({ load }) => load?.costs ?? []);
    expect(costs.map((cost) => cost.queue)).toContain(QUEUE);
  }, SOON);

it('refuses nobody by a prediction while nothing is known of the model', async () => {
  const patient = Array.from({ length: 4 }, () => infer());
  const hasty = await infer({ [DEADLINE]: '100' });
  expect(hasty.status).toBe(504);
  for (const answer of patient) expect(await answer).toMatchObject({ status: 200 });
  await costsAreKnown();
});

describe('a deadline in a header', () => {
  it.each(['0', '-5', '1.5', 'soon', '86400001', ''])('is refused when it is %j, synchronous or not', async (value) => {
    const error = `${DEADLINE}: expected whole milliseconds from 1 to 86400000 (a day), got '${value}'`;
    expect(await infer({ [DEADLINE]: value })).toMatchObject({ status: 400, body: { error } });
    expect(await submit({ [DEADLINE]: value })).toMatchObject({ status: 400, body: { error } });
  });

  it('holds, as does the one in the body: the shorter of them', async () => {
    const ask = (timeout: number, header: string) =>
      cluster.api.infer(
        'slow',
        { inputs: [{ name: 'x', shape: [1, 1], datatype: 'FP32', data: [1] }], parameters: { timeout } },
        { headers: { [DEADLINE]: header } },
      );
    // Nothing waits: it is let in, and runs for longer than it may.
    expect(await ask(60_000_000, '100')).toMatchObject({ status: 504 });
    expect(await ask(100_000, '60000')).toMatchObject({ status: 504 });
    expect(await ask(60_000_000, '60000')).toMatchObject({ status: 200 });
  });
});

describe('behind a backlog', () => {
  it('refuses who could not be answered in time, says when to come back, and keeps its word', async () => {
    await costsAreKnown();
    const filled = fill(10);
    await vi.waitFor(async () => expect((await queue())?.waiting).toBeGreaterThanOrEqual(6), SOON);
    const refused = await infer({ [DEADLINE]: '1000' });
    expect(refused).toMatchObject({
      status: 429,
      body: { error: expect.stringMatching(/wait about \d+ ms and run 2[56]\d ms/) },
    });
    expect(refused.headers.get('x-sluice-error')).toBe('deadline_unreachable');
    const retryMs = Number(refused.headers.get('retry-after-ms'));
    expect(Number(refused.headers.get('retry-after'))).toBe(Math.ceil(retryMs / 1000));
    // Six wait at least, and ten at most; two of them, or a little more, may be ahead of it.
    expect(retryMs).toBeGreaterThan(4 * RUN_MS);
    expect(retryMs).toBeLessThan(11 * RUN_MS);
    // Who has the time is let in.
    expect(await infer({ [DEADLINE]: '20000' })).toMatchObject({ status: 200 });
    expect(await filled).toEqual(Array.from({ length: 10 }, () => 200));
    expect((await look()).api.refusals['deadline_unreachable']).toBe(1);
  });

  it('answers who comes back when it was told to', async () => {
    const filled = fill(8);
    await vi.waitFor(async () => expect((await queue())?.waiting).toBeGreaterThanOrEqual(5), SOON);
    const refused = await infer({ [DEADLINE]: '1100' });
    expect(refused.status).toBe(429);
    await delay(Number(refused.headers.get('retry-after-ms')));
    expect(await infer({ [DEADLINE]: '1100' })).toMatchObject({ status: 200 });
    await filled;
  });

  it('refuses an asynchronous request only when it names a deadline', async () => {
    const filled = fill(8);
    await vi.waitFor(async () => expect((await queue())?.waiting).toBeGreaterThanOrEqual(5), SOON);
    const refused = await submit({ [DEADLINE]: '1000' });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('x-sluice-error')).toBe('deadline_unreachable');
    const accepted = await submit({});
    expect(accepted.status).toBe(202);
    await filled;
    const { id } = accepted.body as { id: string };
    expect((await cluster.api.ask(`/jobs/${id}?wait=30`)).body).toMatchObject({ state: 'completed' });
  });

  it('never refuses the repetition of a job that is there', async () => {
    const key = { 'idempotency-key': 'once' };
    const filled = fill(8);
    const first = await submit(key);
    expect(first.status).toBe(202);
    await vi.waitFor(async () => expect((await queue())?.waiting).toBeGreaterThanOrEqual(5), SOON);
    const again = await submit({ ...key, [DEADLINE]: '1000' });
    expect(again).toMatchObject({ status: 202, body: { id: (first.body as { id: string }).id } });
    await filled;
  });
});

it('says when a full queue will have room, by what its jobs cost', async () => {
  await costsAreKnown();
  const answers = await Promise.all(Array.from({ length: 30 }, () => infer()));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(5);
  for (const { headers, body } of refused) {
    expect(headers.get('x-sluice-error')).toBe('queue_full');
    expect(body).toEqual({ error: expect.stringContaining('SLUICE_MAX_WAITING') });
    // A place is free when the next of them runs.
    const retryMs = Number(headers.get('retry-after-ms'));
    expect(retryMs).toBeGreaterThanOrEqual(RUN_MS * 0.9);
    expect(retryMs).toBeLessThanOrEqual(RUN_MS * 1.5);
    expect(headers.get('retry-after')).toBe('1');
  }
  expect((await look()).api.refusals['queue_full']).toBe(refused.length);
});
