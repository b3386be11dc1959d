import type { Rollout } from '@sluice/contracts';
import { RedisRolloutBook } from '@sluice/model-registry';
import type { ApiClient } from './fixtures/api-client.js';
import { ApiCluster } from './fixtures/api-cluster.js';
import { EventReader } from './fixtures/event-reader.js';
import { TEST_MODELS } from './fixtures/test-models.js';
import { uploadForm } from './fixtures/upload-form.js';

/** Without workers a rollout goes on only when a test says so. */
let cluster: ApiCluster;
let book: RedisRolloutBook;
beforeAll(async () => {
  cluster = await ApiCluster.start({ models: [], workers: 0 });
  book = new RedisRolloutBook({ redisUrl: cluster.redis.url, prefix: 'bull', onError: () => {} });
  await book.start();
});
afterAll(async () => {
  await book?.stop();
  await cluster?.stop();
});

interface RolloutBody {
  readonly id: string;
  readonly phase: string;
}

const model = TEST_MODELS.mlp()['1/model.onnx'] as Uint8Array;

/** Pushes versions 1 and 2 of a model. */
async function pushed(name: string): Promise<void> {
  for (const version of ['1', '2']) {
    const body = uploadForm({ 'model.onnx': model, version });
    const { status } = await cluster.api.ask(`/models/${name}/versions`, { method: 'POST', body });
    expect([200, 201]).toContain(status);
  }
}

function begin(name: string, body: object = { version: '2' }) {
  return cluster.api.ask(`/models/${name}/rollouts`, { method: 'POST', body: JSON.stringify(body) });
}

async function begun(name: string): Promise<RolloutBody> {
  await pushed(name);
  const { status, body } = await begin(name);
  expect(status).toBe(201);
  return body as RolloutBody;
}

async function change(id: string, next: Partial<Rollout>): Promise<void> {
  const seen = await book.get(id);
  if (!seen) throw new Error(`there is no rollout ${id}`);
  await book.change(seen, { ...seen, ...next });
}

describe('a rollout', () => {
  it('begins with a version that was pushed, and is there from then on', async () => {
    await pushed('fresh');
    const { status, headers, body } = await begin('fresh', {
      version: '2',
      strategy: { canaryPercent: 1, steps: [10] },
    });
    const { id } = body as RolloutBody;
    expect([status, headers.get('location')]).toEqual([201, `/models/fresh/rollouts/${id}`]);
    expect(body).toMatchObject({
      model: 'fresh',
      version: '2',
      phase: 'verify',
      percent: 0,
      by: 'anonymous',
      strategy: { canaryPercent: 1, steps: [10], minSamples: 100, maxStepMs: 30_000 },
      events: [{ phase: 'verify', message: 'anonymous begins to roll out version 2 of fresh' }],
    });
    expect(await cluster.api.ask(`/models/fresh/rollouts/${id}`)).toMatchObject({ status: 200, body: { id } });
    expect(await cluster.api.ask('/models/fresh/rollouts')).toMatchObject({ body: { rollouts: [{ id }] } });
  });

  it('is the only one of its model: of two that begin at once one is refused, and told of the other', async () => {
    await pushed('contested');
    const answers = await Promise.all(['1', '2'].map((version) => begin('contested', { version })));
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([201, 409]);
    const [accepted, refused] = answers.toSorted((one, other) => one.status - other.status).map(({ body }) => body);
    expect(refused).toMatchObject({ error: expect.stringContaining((accepted as RolloutBody).id) });
  });

  it('keeps its golden inputs until it has ended', async () => {
    await pushed('golden');
    const items = [{ inputs: [{ name: 'x', shape: [1, 4], datatype: 'FP32', data: [1, 2, 3, 4] }] }];
    const { body } = await begin('golden', { version: '2', strategy: { golden: { items, maxWrong: 0.1 } } });
    expect(body).toMatchObject({
      strategy: {
        golden: { digest: expect.stringMatching(/^[0-9a-f]{64}$/), absolute: 1e-6, relative: 1e-4, maxWrong: 0.1 },
      },
    });
  });

  it.each([
    [{ version: '3' }, 404, /the model store has no version 3 of refused: push it/],
    [{ version: 'two' }, 400, /^version: /],
    [
      { version: '2', strategy: { golden: { items: [{ inputs: [{}] }] } } },
      400,
      /^strategy\.golden\.items\[0\]\.inputs/,
    ],
    [{}, 400, /^version: /],
  ])('that asks for %j is refused, and nothing is registered', async (asked, status, error) => {
    await pushed('refused');
    expect(await begin('refused', asked)).toMatchObject({ status, body: { error: expect.stringMatching(error) } });
    expect(await cluster.api.ask('/models/refused')).toMatchObject({ body: { generation: 0 } });
    expect(await cluster.api.ask('/models/refused/rollouts')).toMatchObject({ body: { rollouts: [] } });
  });

  it('hears what people say of it, until it has ended', async () => {
    const { id } = await begun('spoken-to');
    const say = (word: string) => cluster.api.ask(`/models/spoken-to/rollouts/${id}/${word}`, { method: 'POST' });
    expect(await say('pause')).toMatchObject({ status: 200, body: { paused: true } });
    expect(await say('pause')).toMatchObject({ status: 200, body: { paused: true } });
    expect(await say('resume')).toMatchObject({ status: 200, body: { paused: false } });
    expect(await say('promote')).toMatchObject({ status: 200, body: { asked: 'promote' } });
    expect(await say('rollback')).toMatchObject({ status: 200, body: { asked: 'roll-back' } });
    await change(id, { phase: 'rolled-back', endedAt: Date.now() });
    for (const word of ['promote', 'rollback', 'pause', 'resume'])
      expect(await say(word)).toMatchObject({
        status: 409,
        body: { error: `rollout ${id} has ended (rolled-back): begin another one` },
      });
    expect(await begin('spoken-to')).toMatchObject({ status: 201 });
  });

  it('needs its version, which cannot be removed meanwhile', async () => {
    const { id } = await begun('needed');
    const remove = () => cluster.api.ask('/models/needed/versions/2', { method: 'DELETE' });
    expect(await remove()).toMatchObject({ status: 409, body: { error: expect.stringContaining(`rollout ${id}`) } });
    await change(id, { phase: 'rolled-back', endedAt: Date.now() });
    expect(await remove()).toMatchObject({ status: 204 });
  });

  it('of another model, or none, is not found', async () => {
    const { id } = await begun('mine');
    for (const path of [
      `/models/yours/rollouts/${id}`,
      '/models/mine/rollouts/nothing',
      `/models/yours/rollouts/${id}/events`,
    ])
      expect(await cluster.api.ask(path)).toMatchObject({ status: 404 });
  });
});

describe('the events of a rollout', () => {
  const events = (api: ApiClient, name: string, id: string, after?: string) =>
    EventReader.open(`${api.url}/models/${name}/rollouts/${id}/events`, after);

  it('come as they happen, and end with it', async () => {
    const { id } = await begun('followed');
    const reader = await events(cluster.api, 'followed', id);
    expect(await reader.next('step')).toMatchObject({
      data: { message: expect.stringContaining('begins to roll out') },
    });
    expect(await reader.next('progress')).toMatchObject({ data: { phase: 'verify', percent: 0 } });
    await cluster.api.ask(`/models/followed/rollouts/${id}/pause`, { method: 'POST' });
    expect(await reader.next('step')).toMatchObject({ data: { message: 'anonymous says: pause' } });
    await change(id, { phase: 'promoted', endedAt: Date.now() });
    expect(await reader.next('end')).toMatchObject({ data: { id, phase: 'promoted', percent: 100 } });
    expect(await reader.next('step')).toBeUndefined();
  });

  it('go on after the last one at another API, when the first is gone', async () => {
    const { id } = await begun('resumed');
    const first = await cluster.startApi();
    const before = await events(first.api, 'resumed', id);
    const seen = await before.next('step');
    first.process.kill();
    await first.process.exited;
    await cluster.api.ask(`/models/resumed/rollouts/${id}/pause`, { method: 'POST' });
    const after = await events(cluster.api, 'resumed', id, seen?.id);
    expect(await after.next('step')).toMatchObject({ data: { message: 'anonymous says: pause' } });
    await after.close();
  });

  it('do not keep an API from ending', async () => {
    const { id } = await begun('ending');
    const other = await cluster.startApi();
    const reader = await events(other.api, 'ending', id);
    await reader.next('progress');
    const startedAt = performance.now();
    other.process.terminate();
    await other.process.exited;
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(await reader.next('step')).toBeUndefined();
  });
});
