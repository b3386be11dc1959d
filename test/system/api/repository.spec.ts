import type { Answer } from './fixtures/api-client.js';
import { ApiCluster } from './fixtures/api-cluster.js';
import { TEST_MODELS } from './fixtures/test-models.js';

/** How often a model is loaded anew under load. */
const ROUNDS = 20;

let cluster: ApiCluster;
beforeEach(async () => {
  cluster = await ApiCluster.start({ models: ['quick', 'slow', 'versioned', 'corrupt'], workers: 2 });
  await allReady();
});
afterEach(() => cluster?.stop());

const post = (path: string, body?: object) =>
  cluster.api.ask(`/v2/repository/${path}`, { method: 'POST', ...(body && { body: JSON.stringify(body) }) });
const load = (model: string) => post(`models/${model}/load`);
const unload = (model: string, body?: object) => post(`models/${model}/unload`, body);
const index = async (body?: object) => (await post('index', body)).body as Record<string, string>[];
const stateOf = async (model: string) => (await index()).find(({ name }) => name === model);
/** Every worker has loaded every model that can be. */
const allReady = () =>
  vi.waitFor(async () => {
    const reasons = (await index({ ready: true })).map(({ reason }) => reason);
    expect(reasons).toEqual(['', '', '', '']);
  });
const queueOf = async (model: string) =>
  (await cluster.board.queues()).find(({ name }) => name === `inference.${model}.1`)?.counts;

/** Asks one request after the other until it is stopped. @returns what was not answered as it should have been */
function keepAsking(model: string, clients: number): () => Promise<{ asked: number; wrong: Answer[] }> {
  const stop = new AbortController();
  let asked = 0;
  const wrong: Answer[] = [];
  const client = async () => {
    while (!stop.signal.aborted) {
      const value = ++asked;
      const answer = await cluster.api.inferNumber(model, value);
      const { outputs } = answer.body as { outputs?: { data: number[] }[] };
      if (answer.status !== 200 || outputs?.[0]?.data[0] !== value) wrong.push(answer);
    }
  };
  const running = Promise.all(Array.from({ length: clients }, client));
  return async () => {
    stop.abort();
    await running;
    return { asked, wrong };
  };
}

describe('the index of the repository', () => {
  it('lists every version with its state, and only the ready ones when asked', async () => {
    const ready = [
      { name: 'quick', version: '1', state: 'READY', reason: '' },
      { name: 'slow', version: '1', state: 'READY', reason: '' },
      { name: 'versioned', version: '9', state: 'READY', reason: '' },
      { name: 'versioned', version: '10', state: 'READY', reason: '' },
    ];
    const reason: unknown = expect.stringMatching(/^cannot load .*Protobuf/);
    expect(await index()).toEqual([{ name: 'corrupt', version: '1', state: 'UNAVAILABLE', reason }, ...ready]);
    expect(await index({ ready: true })).toEqual(ready);
  });
});

describe('unloading', () => {
  it('takes a model out of service, for workers and APIs that come later too, until it is loaded', async () => {
    const { api: other } = await cluster.startApi();
    expect(await unload('quick', { parameters: { unload_dependents: false } })).toMatchObject({
      status: 200,
      body: { name: 'quick', unload: true },
    });
    for (const api of [cluster.api, other]) {
      const answer = await vi.waitFor(async () => {
        const refused = await api.inferNumber('quick', 1);
        expect(refused.status).toBe(503);
        return refused;
      });
      expect(answer.body).toEqual({ error: 'model quick version 1 is not available: unloaded' });
      expect(answer.headers.get('x-sluice-error')).toBe('model_unavailable');
    }
    expect(await cluster.api.ask('/v2/models/quick/ready')).toMatchObject({
      status: 503,
      body: { reason: 'unloaded' },
    });
    expect(await stateOf('quick')).toMatchObject({ state: 'UNAVAILABLE', reason: 'unloaded' });
    expect(await unload('quick')).toMatchObject({ status: 200 });

    const late = cluster.processes.startWorker();
    await vi.waitFor(() => expect(late.log()).toContain('"worker_serving"'), { timeout: 10_000 });
    // All three have the others, none has this one.
    await vi.waitFor(async () => expect(await stateOf('slow')).toMatchObject({ state: 'READY', reason: '' }));
    expect(await stateOf('quick')).toMatchObject({ state: 'UNAVAILABLE', reason: 'unloaded' });
    expect((await cluster.api.inferNumber('quick', 1)).status).toBe(503);

    expect(await load('quick')).toMatchObject({ status: 200, body: { name: 'quick', load: true } });
    expect(await stateOf('quick')).toMatchObject({ state: 'READY', reason: '' });
    expect(await cluster.api.inferNumber('quick', 1)).toMatchObject({ status: 200 });
  });

  it('finishes what has begun, and tells those who wait at once that it is unloaded', async () => {
    const answers = Array.from({ length: 12 }, (_, value) => cluster.api.inferNumber('slow', value));
    await vi.waitFor(async () => expect((await queueOf('slow'))?.['prioritized']).toBeGreaterThan(5));
    const startedAt = performance.now();
    const unloaded = unload('slow');
    const ended = await Promise.all(answers);
    const waitedMs = Math.round(performance.now() - startedAt);
    expect((await unloaded).status).toBe(200);
    const done = ended.filter(({ status }) => status === 200);
    const refused = ended.filter(({ status }) => status === 503);
    console.log(`unloaded with 12 requests: ${done.length} done, ${refused.length} refused, all within ${waitedMs} ms`);
    expect(done.length).toBeGreaterThan(0);
    expect(refused.length).toBeGreaterThan(0);
    expect(done.length + refused.length).toBe(12);
    for (const { body } of refused) expect(body).toEqual({ error: 'model slow version 1 is not available: unloaded' });
    expect(await queueOf('slow')).toMatchObject({ active: 0, prioritized: 0 });
  });
});

describe('loading', () => {
  it('under load fails no request, neither of the model that is loaded anew nor of another', async () => {
    const file = String(TEST_MODELS.quick()['1/model.json']);
    cluster.models.write('other', 'config.json', TEST_MODELS.quick()['config.json'] ?? '');
    cluster.models.write('other', '1/model.json', file);
    expect(await load('other')).toMatchObject({ status: 200 });
    const stopReloaded = keepAsking('quick', 8);
    const stopOther = keepAsking('other', 8);
    for (let round = 1; round <= ROUNDS; round++) {
      cluster.models.write('quick', '1/model.json', `${file}${' '.repeat(round)}`);
      expect(await load('quick')).toMatchObject({ status: 200 });
    }
    const [reloaded, other] = await Promise.all([stopReloaded(), stopOther()]);
    console.log(`loaded anew ${ROUNDS} times: ${reloaded.asked} requests to it, ${other.asked} to another`);
    expect(reloaded.wrong).toEqual([]);
    expect(other.wrong).toEqual([]);
    for (const worker of cluster.processes.workers)
      await vi.waitFor(() => expect(worker.log().match(/"model_released"/g)).toHaveLength(ROUNDS));
  });

  it('finds a version that was added to the folder', async () => {
    cluster.models.write('quick', '2/model.json', TEST_MODELS.quick()['1/model.json'] ?? '');
    expect(await cluster.api.ask('/v2/models/quick')).toMatchObject({ body: { versions: ['1'] } });
    expect(await load('quick')).toMatchObject({ status: 200 });
    expect(await cluster.api.ask('/v2/models/quick')).toMatchObject({ body: { versions: ['1', '2'] } });
    expect(await cluster.api.inferNumber('quick', 5)).toMatchObject({ status: 200, body: { model_version: '2' } });
  });

  it('tells each worker’s reason when a changed model cannot be loaded, and goes on with the one before', async () => {
    cluster.models.write('quick', '1/model.json', 'broken');
    const { status, headers, body } = await load('quick');
    expect({ status, code: headers.get('x-sluice-error') }).toEqual({ status: 503, code: 'model_unavailable' });
    const { error } = body as { error: string };
    expect(error).toMatch(
      /^model quick could not be loaded: worker-[12]\..*: version 1: cannot load .*; worker-[12]\..*: version 1: /s,
    );
    expect(await cluster.api.inferNumber('quick', 5)).toMatchObject({ status: 200 });
  });

  it('and unloading are refused with what they cannot do', async () => {
    const refusals = [
      ['quick/load', { parameters: { config: '{}' } }, 400, /^parameters\['config'\]: expected nothing \(models are/],
      ['quick/load', { parameters: { 'file:1/model.onnx': 'AA==' } }, 400, /models are loaded as they are/],
      ['quick/unload', { parameters: { unload_dependents: 'yes' } }, 400, /expected true or false/],
      ['nobody/load', {}, 404, /^there is no model nobody in the folder of models of any worker/],
      ['nobody/unload', {}, 404, /^there is no model nobody/],
      ['bad%3Aname/load', {}, 404, /^no model can have the name bad:name/],
    ] as const;
    for (const [path, body, status, message] of refusals)
      expect(await post(`models/${path}`, body)).toMatchObject({
        status,
        body: { error: expect.stringMatching(message) },
      });
    expect(await cluster.api.inferNumber('quick', 5)).toMatchObject({ status: 200 });
  });
});
