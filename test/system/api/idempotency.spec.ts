import type { ApiClient, Answer } from './fixtures/api-client.js';
import { ApiCluster } from './fixtures/api-cluster.js';

const SOON = { timeout: 5_000, interval: 20 };

let cluster: ApiCluster;
let other: ApiClient;
beforeAll(async () => {
  cluster = await ApiCluster.start({ models: ['quick', 'slow'] });
  ({ api: other } = await cluster.startApi());
  await vi.waitFor(async () => expect(await other.ask('/v2/models/slow/ready')).toMatchObject({ status: 200 }), SOON);
});
afterAll(() => cluster?.stop());

let keys = 0;
const newKey = () => `key ${++keys}`;
const body = (value: number, more: object = {}) =>
  JSON.stringify({ inputs: [{ name: 'x', shape: [1, 1], datatype: 'FP32', data: [value] }], ...more });

interface Post {
  readonly key: string;
  readonly body: string;
  readonly api?: ApiClient;
  readonly signal?: AbortSignal;
}
const post = (target: string, { key, body: text, api = cluster.api, signal }: Post): Promise<Answer> => {
  const headers = { 'idempotency-key': key };
  return api.ask(`/v2/models/${target}`, { method: 'POST', body: text, headers, ...(signal && { signal }) });
};
const jobsOf = async (model: string): Promise<string[]> =>
  (await cluster.board.jobs(`inference.${model}.1`)).map(({ id }) => id);
/** How many jobs `work` leaves behind. */
const newJobs = async (model: string, work: () => Promise<void>): Promise<number> => {
  const before = new Set(await jobsOf(model));
  await work();
  return (await jobsOf(model)).filter((id) => !before.has(id)).length;
};

describe('a request that is repeated with its key', () => {
  it('runs once and is answered alike, here and by another process', async () => {
    const key = newKey();
    const made = await newJobs('quick', async () => {
      const first = await post('quick/infer', { key, body: body(1) });
      expect(first).toMatchObject({ status: 200, body: { outputs: [{ data: [1] }] } });
      for (const api of [cluster.api, other]) {
        const again = await post('quick/infer', { key, body: body(1), api });
        expect(again).toMatchObject({ status: 200, text: first.text });
      }
    });
    expect(made).toBe(1);
  });

  it('runs once when all come at the same time', async () => {
    const key = newKey();
    const made = await newJobs('slow', async () => {
      const all = Array.from({ length: 16 }, (_, index) =>
        post('slow/infer', { key, body: body(2), api: index % 2 === 0 ? cluster.api : other }),
      );
      for (const answer of await Promise.all(all)) expect(answer).toMatchObject({ status: 200 });
    });
    expect(made).toBe(1);
  });

  it('gets the same job when it is asynchronous, while it waits and when it has ended', async () => {
    const key = newKey();
    const first = await post('slow/infer?async=true', { key, body: body(3) });
    const again = await post('slow/infer?async=true', { key, body: body(3), api: other });
    const { id } = first.body as { id: string };
    for (const { status, headers } of [first, again])
      expect({ status, location: headers.get('location') }).toEqual({ status: 202, location: `/jobs/${id}` });
    await cluster.api.ask(`/jobs/${id}?wait=30`);
    const late = await post('slow/infer?async=true', { key, body: body(3) });
    expect(late).toMatchObject({ status: 202, body: { id, state: 'completed', attempts: 1 } });
    // The result of an asynchronous request, for one who would rather wait.
    expect(await post('slow/infer', { key, body: body(3) })).toMatchObject({
      status: 200,
      body: { outputs: [{ data: [3] }] },
    });
  });

  it('gets the result of the first although the first one’s client went away', async () => {
    const key = newKey();
    const made = await newJobs('slow', async () => {
      const known = (await jobsOf('slow')).length;
      const leaving = new AbortController();
      const first = post('slow/infer', { key, body: body(4), signal: leaving.signal });
      await vi.waitFor(async () => expect((await jobsOf('slow')).length).toBe(known + 1), SOON);
      leaving.abort();
      await expect(first).rejects.toThrow();
      const again = await post('slow/infer', { key, body: body(4), api: other });
      expect(again).toMatchObject({ status: 200, body: { outputs: [{ data: [4] }] } });
    });
    expect(made).toBe(1);
  });

  it('gets it although the process that took the first one was killed', async () => {
    const key = newKey();
    const doomed = await cluster.startApi();
    await vi.waitFor(
      async () => expect(await doomed.api.ask('/v2/models/slow/ready')).toMatchObject({ status: 200 }),
      SOON,
    );
    const made = await newJobs('slow', async () => {
      const known = (await jobsOf('slow')).length;
      const first = post('slow/infer', { key, body: body(5), api: doomed.api });
      first.catch(() => {});
      await vi.waitFor(async () => expect((await jobsOf('slow')).length).toBe(known + 1), SOON);
      doomed.process.kill();
      await expect(first).rejects.toThrow('fetch failed');
      expect(await post('slow/infer', { key, body: body(5) })).toMatchObject({ status: 200 });
    });
    expect(made).toBe(1);
  });

  it('runs again when the first one had no time: it has no result', async () => {
    const key = newKey();
    const hurried = body(6, { parameters: { priority: 2, timeout: 1_500_000 } });
    const known = (await jobsOf('slow')).length;
    const others: Promise<Answer>[] = [];
    const urgent = (count: number) => {
      for (let value = 0; value < count; value++)
        others.push(cluster.api.infer('slow', body(value, { parameters: { priority: 1 } })));
    };
    const arrived = (count: number) =>
      vi.waitFor(async () => expect((await jobsOf('slow')).length).toBe(known + count), SOON);
    // It has the time when it is accepted; those that overtake it come later.
    urgent(3);
    await arrived(3);
    const first = post('slow/infer', { key, body: hurried });
    await arrived(4);
    urgent(6);
    expect(await first).toMatchObject({ status: 504 });
    await Promise.all(others);
    const again = await vi.waitFor(async () => {
      const answer = await post('slow/infer?async=true', { key, body: hurried });
      expect(answer).toMatchObject({ status: 202, body: { state: 'waiting' } });
      return answer.body as { id: string };
    }, SOON);
    expect(await cluster.api.ask(`/jobs/${again.id}?wait=30`)).toMatchObject({ body: { state: 'completed' } });
  });
});

describe('a key', () => {
  it('belongs to one request: another body, model or version is refused', async () => {
    const key = newKey();
    expect(await post('quick/infer', { key, body: body(7) })).toMatchObject({ status: 200 });
    const others: [string, string][] = [
      ['quick/infer', body(8)],
      ['slow/infer', body(7)],
      ['quick/versions/1/infer', body(7)],
      ['quick/infer?async=true', body(8)],
    ];
    for (const [target, text] of others) {
      const { status, headers, body: answer } = await post(target, { key, body: text });
      expect({ status, code: headers.get('x-sluice-error') }).toEqual({ status: 422, code: 'idempotency_mismatch' });
      expect(answer).toEqual({
        error: 'Idempotency-Key: expected the request that it was first used with, this is another one',
      });
    }
  });

  it('has 1 to 255 printable characters', async () => {
    expect(await post('quick/infer', { key: 'k'.repeat(255), body: body(9) })).toMatchObject({ status: 200 });
    const error = 'Idempotency-Key: expected 1 to 255 printable characters, got 256 characters';
    expect(await post('quick/infer', { key: 'k'.repeat(256), body: body(9) })).toMatchObject({
      status: 400,
      body: { error },
    });
  });

  it('is spent by no request that was refused', async () => {
    const key = newKey();
    expect(await post('quick/infer', { key, body: '{' })).toMatchObject({ status: 400 });
    expect(await post('quick/infer', { key, body: body(10) })).toMatchObject({ status: 200 });
  });
});
