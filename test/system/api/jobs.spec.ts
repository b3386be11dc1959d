import { ApiClient } from './fixtures/api-client.js';
import { ApiCluster } from './fixtures/api-cluster.js';

/** What was asked with `async=true`, afterwards. */
const SOON = { timeout: 5_000, interval: 20 };

interface Job {
  readonly id: string;
  readonly state: string;
  readonly position?: number;
  readonly worker?: string;
  readonly attempts: number;
  readonly created: string;
  readonly started?: string;
  readonly finished?: string;
  readonly expires: string;
  readonly error?: { readonly code: string; readonly message: string };
  readonly result?: unknown;
}

let cluster: ApiCluster;
let other: ApiClient;
beforeAll(async () => {
  cluster = await ApiCluster.start({ models: ['quick', 'slow', 'reciprocal'] });
  ({ api: other } = await cluster.startApi());
  await vi.waitFor(async () => expect(await other.ask('/v2/models/slow/ready')).toMatchObject({ status: 200 }), SOON);
});
afterAll(() => cluster?.stop());

const request = (value: number, more: object = {}) =>
  JSON.stringify({ inputs: [{ name: 'x', shape: [1, 1], datatype: 'FP32', data: [value] }], ...more });
const submit = async (model: string, value: number, more: object = {}, api = cluster.api): Promise<Job> => {
  const answer = await api.ask(`/v2/models/${model}/infer?async=true`, { method: 'POST', body: request(value, more) });
  expect(answer).toMatchObject({ status: 202 });
  return answer.body as Job;
};
const read = async (id: string, query = '', api = cluster.api): Promise<Job> => {
  const answer = await api.ask(`/jobs/${id}${query}`);
  expect(answer).toMatchObject({ status: 200 });
  return answer.body as Job;
};
const done = (id: string, api = cluster.api) => read(id, '?wait=30', api);
/** A job that is not started in time: those that overtake it came when it had been accepted. */
const submitLate = async (): Promise<Job> => {
  const several = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, value) => submit('slow', value, { parameters: { priority: 1 } })));
  await several(3);
  const late = await submit('slow', 5, { parameters: { priority: 2, timeout: 1_500_000 } });
  await several(6);
  return late;
};
const idle = async () => {
  const { id } = await submit('slow', 0);
  await done(id);
};

describe('an asynchronous request', () => {
  it('is accepted with the place where its result will be', async () => {
    const { status, headers, body } = await cluster.api.ask('/v2/models/quick/infer?async=true', {
      method: 'POST',
      body: request(7, { id: 'mine' }),
    });
    expect(status).toBe(202);
    const accepted = body as Job;
    expect(accepted).toMatchObject({ state: 'waiting', attempts: 0, model: 'quick', version: '1' });
    expect(accepted.id).toMatch(/^quick\.1\.[0-9a-z]{20}$/);
    expect(headers.get('location')).toBe(`/jobs/${accepted.id}`);

    const job = await done(accepted.id);
    const sync = await cluster.api.infer('quick', request(7, { id: 'mine' }));
    expect(job).toMatchObject({ state: 'completed', attempts: 1, result: sync.body });
    expect(job.worker).toMatch(/^worker-1\./);
    expect([job.created, job.started, job.finished, job.expires].map((time) => Date.parse(time ?? ''))).toEqual(
      [job.created, job.started, job.finished, job.expires]
        .map((time) => Date.parse(time ?? ''))
        .toSorted((a, b) => a - b),
    );
    expect(Date.parse(job.expires) - Date.parse(job.finished ?? '')).toBeCloseTo(24 * 3_600_000, -4);
  });

  it('is refused as a synchronous one is', async () => {
    const broken = await cluster.api.ask('/v2/models/quick/infer?async=true', { method: 'POST', body: '{' });
    expect(broken).toMatchObject({ status: 400 });
    expect(await cluster.api.ask('/v2/models/nothing/infer?async=true', { method: 'POST' })).toMatchObject({
      status: 404,
    });
    const odd = await cluster.api.ask('/v2/models/quick/infer?async=perhaps', { method: 'POST', body: request(1) });
    expect(odd).toMatchObject({ status: 400, body: { error: 'async: expected true or false, got "perhaps"' } });
    const long = await cluster.api.ask('/v2/models/quick/infer?async=true', {
      method: 'POST',
      body: request(1, { id: 'x'.repeat(257) }),
    });
    expect(long).toMatchObject({ status: 400, body: { error: expect.stringContaining('at most 256 characters') } });
  });

  it('ends with an error where the synchronous one would', async () => {
    const { id } = await submitLate();
    const job = await done(id);
    expect(job).toMatchObject({ state: 'failed', error: { code: 'deadline_exceeded' } });
    expect(job).not.toHaveProperty('result');
  });

  it('tells when JSON cannot carry its outputs', async () => {
    const { id } = await submit('reciprocal', 0);
    expect(await done(id)).toMatchObject({ state: 'completed', error: { code: 'inference_failed' } });
  });
});

describe('GET /jobs/:id', () => {
  it('tells the place in the queue while the job waits', async () => {
    await idle();
    const ids = await Promise.all(Array.from({ length: 5 }, async (_, index) => (await submit('slow', index)).id));
    const jobs = await Promise.all(ids.map((id) => read(id)));
    const waiting = jobs.filter(({ state }) => state === 'waiting').map(({ position }) => position ?? 0);
    expect(waiting.length).toBeGreaterThanOrEqual(2);
    expect(new Set(waiting).size).toBe(waiting.length);
    expect(Math.max(...waiting)).toBeLessThanOrEqual(5);
    await Promise.all(ids.map((id) => done(id)));
  });

  it('waits for the end, at the process that is answered and at another one', async () => {
    const { id } = await submit('slow', 5);
    const [here, there, again] = await Promise.all([done(id), done(id, other), done(id)]);
    for (const job of [here, there, again]) expect(job).toMatchObject({ state: 'completed', result: here.result });
  });

  it('waits no longer than it is asked to', async () => {
    const ids = await Promise.all([1, 2, 3, 4].map(async (value) => (await submit('slow', value)).id));
    const states = await Promise.all(ids.map(async (id) => (await read(id, '?wait=0.1')).state));
    expect(states).not.toEqual(['completed', 'completed', 'completed', 'completed']);
    await Promise.all(ids.map((id) => done(id)));
  });

  it.each(['61', '-1', 'long'])('refuses to wait for %s', async (wait) => {
    const { id } = await submit('quick', 1);
    const error = `wait: expected seconds from 0 to 60, got "${wait}"`;
    expect(await cluster.api.ask(`/jobs/${id}?wait=${wait}`)).toMatchObject({ status: 400, body: { error } });
  });

  it('answers 404 for what is not the id of a job', async () => {
    const { id } = await submit('quick', 1);
    const ids = [
      '1',
      'quick.1',
      'quick.1.7',
      `${id}x`,
      `other${id}`,
      `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`,
    ];
    for (const unknown of ids) {
      const { status, headers, body } = await cluster.api.ask(`/jobs/${unknown}`);
      expect({ unknown, status, code: headers.get('x-sluice-error') }).toEqual({
        unknown,
        status: 404,
        code: 'not_found',
      });
      expect(body).toEqual({ error: `there is no job ${unknown}` });
    }
  });
});

describe('DELETE /jobs/:id', () => {
  const remove = (id: string) => cluster.api.ask(`/jobs/${id}`, { method: 'DELETE' });

  it('removes what waits, refuses what runs, and forgets what has ended', async () => {
    await idle();
    const [running, ...rest] = await Promise.all(
      Array.from({ length: 4 }, async (_, index) => (await submit('slow', index)).id),
    );
    const jobs = await vi.waitFor(async () => {
      const all = await Promise.all([running!, ...rest].map((id) => read(id)));
      expect(all.map(({ state }) => state)).toContain('active');
      return all;
    }, SOON);
    const active = jobs.find(({ state }) => state === 'active')!;
    const waiting = jobs.findLast(({ state }) => state === 'waiting')!;

    expect(await remove(waiting.id)).toMatchObject({ status: 204, text: '' });
    expect(await cluster.api.ask(`/jobs/${waiting.id}`)).toMatchObject({ status: 404 });
    const refused = await remove(active.id);
    expect(refused).toMatchObject({ status: 409, body: { error: expect.stringContaining('cannot be stopped') } });
    expect(refused.headers.get('x-sluice-error')).toBe('job_started');

    expect(await done(active.id)).toMatchObject({ state: 'completed' });
    expect(await remove(active.id)).toMatchObject({ status: 204 });
    expect(await cluster.api.ask(`/jobs/${active.id}`)).toMatchObject({ status: 404 });
    expect(await remove(active.id)).toMatchObject({ status: 404 });
  });

  it('ends the wait of those who wait for the job', async () => {
    const ids = await Promise.all(Array.from({ length: 6 }, async (_, index) => (await submit('slow', index)).id));
    const last = ids.at(-1)!;
    const waits = [cluster.api, other].map((api) => api.ask(`/jobs/${last}?wait=30`));
    expect(await remove(last)).toMatchObject({ status: 204 });
    for (const wait of waits) expect(await wait).toMatchObject({ status: 404 });
  });
});

describe('with keys', () => {
  const KEYS = 'ann:infer:ann-secret-000000000;ben:infer:ben-secret-000000000;root:admin:root-secret-00000000';
  let guarded: ApiCluster;
  beforeAll(async () => {
    const environment = { SLUICE_API_KEYS: KEYS };
    guarded = await ApiCluster.start({ models: ['quick'], environment, key: 'root-secret-00000000' });
  });
  afterAll(() => guarded?.stop());
  const as = (key: string) => new ApiClient(guarded.api.url, { 'x-api-key': key });

  it('a caller sees its own jobs, and an admin those of all', async () => {
    const [ann, ben] = [as('ann-secret-000000000'), as('ben-secret-000000000')];
    const { id } = await submit('quick', 1, {}, ann);
    expect(await done(id, ann)).toMatchObject({ state: 'completed' });
    expect(await ben.ask(`/jobs/${id}`)).toMatchObject({ status: 404 });
    expect(await ben.ask(`/jobs/${id}`, { method: 'DELETE' })).toMatchObject({ status: 404 });
    expect(await ben.ask('/jobs')).toMatchObject({ status: 200, body: { jobs: [] } });
    expect(await ann.ask('/jobs')).toMatchObject({ status: 200, body: { jobs: [{ id }] } });
    expect(await done(id, guarded.api)).toMatchObject({ state: 'completed' });
  });

  it('an idempotency key means something else for each caller', async () => {
    const headers = { 'idempotency-key': 'same' };
    const ids = await Promise.all(
      ['ann-secret-000000000', 'ben-secret-000000000'].map(async (key, index) => {
        const ask = { method: 'POST', body: request(index), headers };
        const answer = await as(key).ask('/v2/models/quick/infer?async=true', ask);
        expect(answer).toMatchObject({ status: 202 });
        return (answer.body as Job).id;
      }),
    );
    expect(ids[0]).not.toBe(ids[1]);
  });
});

describe('GET /jobs', () => {
  const list = async (query: string) => {
    const { status, body } = await cluster.api.ask(`/jobs${query}`);
    expect(status).toBe(200);
    return body as { jobs: Job[]; page: number; size: number; more: boolean };
  };

  it('lists the newest first, page by page', async () => {
    const ids: string[] = [];
    for (let value = 0; value < 7; value++) ids.push((await submit('quick', value)).id);
    const first = await list('?model=quick&size=3');
    expect(first).toMatchObject({ page: 1, size: 3, more: true });
    const second = await list('?model=quick&size=3&page=2');
    expect([...first.jobs, ...second.jobs].map(({ id }) => id)).toEqual(ids.toReversed().slice(0, 6));
    expect((await list('')).jobs.length).toBeLessThanOrEqual(20);
  });

  it('lists only the jobs in a state', async () => {
    await Promise.all((await list('?state=active')).jobs.map(({ id }) => done(id)));
    const { id } = await submitLate();
    await done(id);
    const { jobs } = await list('?state=failed&size=1');
    expect(jobs).toMatchObject([{ id, state: 'failed', error: { code: 'deadline_exceeded' } }]);
    expect((await list('?state=completed')).jobs.every(({ state }) => state === 'completed')).toBe(true);
    expect((await list('?model=nothing')).jobs).toEqual([]);
  });

  it('does not list synchronous requests', async () => {
    const before = await list('?size=1');
    await cluster.api.inferNumber('quick', 1);
    expect((await list('?size=1')).jobs[0]?.id).toBe(before.jobs[0]?.id);
  });

  it('refuses a query that makes no sense', async () => {
    for (const query of ['?state=done', '?page=0', '?size=101', '?size=100&page=11', '?model=a%20b'])
      expect(await cluster.api.ask(`/jobs${query}`)).toMatchObject({ status: 400 });
  });
});
