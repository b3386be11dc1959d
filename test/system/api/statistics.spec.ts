import type { ScriptedModelFile } from '@sluice/inference-engine';
import { ApiCluster } from './fixtures/api-cluster.js';

let cluster: ApiCluster;
beforeAll(async () => {
  cluster = await ApiCluster.start({ models: ['quick', 'versioned', 'mlp'] });
});
afterAll(() => cluster?.stop());

interface Duration {
  readonly count: number;
  readonly ns: number;
}
type RunStats = Readonly<Record<'compute_input' | 'compute_infer' | 'compute_output', Duration>>;
interface ModelStats {
  readonly name: string;
  readonly version: string;
  readonly last_inference: number;
  readonly inference_count: number;
  readonly execution_count: number;
  readonly inference_stats: RunStats & Readonly<Record<'success' | 'fail' | 'queue', Duration>>;
  readonly batch_stats: readonly (RunStats & { readonly batch_size: number })[];
}
const NEVER: Duration = { count: 0, ns: 0 };

async function stats(path: string): Promise<ModelStats[]> {
  const { body } = await cluster.api.ask(`/v2/models/${path}`);
  return (body as { model_stats: ModelStats[] }).model_stats;
}

/** Of a model of one version, once its workers have told of so many requests that ended. */
function statsAfter(model: string, requests: number): Promise<ModelStats> {
  const read = async () => {
    const [found] = (await stats(`${model}/stats`)) as [ModelStats];
    const { success, fail } = found.inference_stats;
    expect(success.count + fail.count).toBe(requests);
    return found;
  };
  return vi.waitFor(read, { timeout: 5_000, interval: 50 });
}

/** `x` FP32 [-1,1] to `y`, the row's own value. */
async function addModel(name: string, spec: Partial<ScriptedModelFile>): Promise<void> {
  const model: ScriptedModelFile = {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 1] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
    fixedMs: 0,
    perRowMs: 0,
    ...spec,
  };
  cluster.models.write(name, 'config.json', JSON.stringify({ platform: 'scripted' }));
  cluster.models.write(name, '1/model.json', JSON.stringify(model));
  const { status } = await cluster.api.ask(`/v2/repository/models/${name}/load`, { method: 'POST' });
  expect(status).toBe(200);
}

describe('statistics of a model', () => {
  it('have the form that Triton’s clients read', async () => {
    await addModel('timed', { fixedMs: 30 });
    const before = Date.now();
    for (let request = 0; request < 3; request++)
      await cluster.api.inferX('timed', { shape: [2, 1], datatype: 'FP32', data: [1, 2] });
    const found = await statsAfter('timed', 3);
    const three = { count: 3, ns: expect.any(Number) as unknown };
    const run = { compute_input: three, compute_infer: three, compute_output: three };
    expect(found).toEqual({
      name: 'timed',
      version: '1',
      last_inference: expect.any(Number),
      inference_count: 6,
      execution_count: 3,
      inference_stats: { success: three, fail: NEVER, queue: three, ...run, cache_hit: NEVER, cache_miss: NEVER },
      batch_stats: [{ batch_size: 2, ...run }],
    });
    expect(found.last_inference).toBeGreaterThanOrEqual(before - 1_000);
    const { success, queue, compute_infer: infer } = found.inference_stats;
    expect(infer.ns).toBeGreaterThanOrEqual(3 * 30e6);
    expect(success.ns).toBeGreaterThanOrEqual(infer.ns);
    expect(queue.ns).toBeLessThanOrEqual(success.ns);
  });

  it('count failures, and what ran in one batch as one execution', async () => {
    await addModel('failing', { fixedMs: 100, failRowsWithValue: 666 });
    await Promise.all([1, 2, 3, 4, 5, 6].map((value) => cluster.api.inferNumber('failing', value)));
    const batched = await statsAfter('failing', 6);
    expect(batched.inference_count).toBe(6);
    expect(batched.execution_count).toBeLessThan(6);
    const sizes = batched.batch_stats.flatMap(({ batch_size: size, compute_infer: { count } }) =>
      Array.from({ length: count }, () => size),
    );
    expect(sizes).toHaveLength(batched.execution_count);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(6);
    expect((await cluster.api.inferNumber('failing', 666)).status).toBe(500);
    expect(await statsAfter('failing', 7)).toMatchObject({
      inference_stats: { fail: { count: 1 }, success: { count: 6 } },
      execution_count: batched.execution_count,
    });
  });

  it('are there for every version, of one, of all; zeros before the first request', async () => {
    const x = { shape: [1, 9], datatype: 'FP32', data: Array.from({ length: 9 }, () => 0) };
    expect(await cluster.api.inferX('versioned/versions/9', x)).toMatchObject({ status: 200 });
    await vi.waitFor(
      async () => {
        expect(await stats('versioned/versions/9/stats')).toMatchObject([{ version: '9', inference_count: 1 }]);
      },
      { timeout: 5_000 },
    );
    expect(await stats('versioned/stats')).toMatchObject([
      { version: '9', inference_count: 1 },
      { version: '10', inference_count: 0, last_inference: 0, batch_stats: [] },
    ]);
    const names = (await stats('stats')).map(({ name, version }) => `${name}/${version}`);
    expect(names).toEqual(expect.arrayContaining(['mlp/1', 'quick/1', 'versioned/9', 'versioned/10']));
    for (const path of ['nobody/stats', 'mlp/versions/7/stats'])
      expect((await cluster.api.ask(`/v2/models/${path}`)).status).toBe(404);
  });

  it('do not go back when a worker dies, and go on with the next', async () => {
    for (let request = 0; request < 5; request++) await cluster.api.inferNumber('quick', request);
    const before = await statsAfter('quick', 5);
    const [worker] = cluster.processes.workers.splice(0, 1);
    worker?.kill();
    await worker?.exited;
    expect(await statsAfter('quick', 5)).toEqual(before);
    cluster.processes.startWorker();
    for (let request = 0; request < 3; request++) await cluster.api.inferNumber('quick', request);
    const after = await statsAfter('quick', 8);
    expect(after).toMatchObject({ inference_count: 8, execution_count: 8 });
    expect(after.inference_stats.success.ns).toBeGreaterThan(before.inference_stats.success.ns);
    expect(after.last_inference).toBeGreaterThan(before.last_inference);
  });
});

it('a model with the name of the route is served as any other', async () => {
  expect((await cluster.api.ask('/v2/models/stats')).body).not.toHaveProperty('inputs');
  await addModel('stats', {});
  expect(await cluster.api.inferNumber('stats', 4)).toMatchObject({ status: 200, body: { outputs: [{ data: [4] }] } });
  expect(await cluster.api.ask('/v2/models/stats')).toMatchObject({
    status: 200,
    body: { name: 'stats', inputs: [{ name: 'x' }], model_stats: expect.arrayContaining([expect.anything()]) },
  });
  expect(await cluster.api.ask('/v2/models/stats/ready')).toMatchObject({ status: 200, body: { name: 'stats' } });
  expect(await statsAfter('stats', 1)).toMatchObject({ name: 'stats', inference_count: 1 });
});
