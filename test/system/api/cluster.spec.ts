import { ApiCluster } from './fixtures/api-cluster.js';

const SOON = { timeout: 10_000, interval: 50 };
const MODELS = ['quick', 'slow'] as const;
const LINE =
  /^SCHED \d+ms: workers=(?<workers>\d+) idle=\d+ searching=\d+ leased=\d+ shared=\[(?<shared>[\d ]*)\] own=\[(?<own>[\d ]*)\](?: share=(?<share>\S+ \S+) \(since start (?<all>\S+)\))? batches=(?<batches>\d+) mean=(?<mean>\S+) slices=(?<slices>\d+) expired=\d+(?: refused=(?<refused>\d+))? gap=\d+ms$/;

let cluster: ApiCluster;
beforeAll(async () => {
  cluster = await ApiCluster.start({
    models: MODELS,
    workers: 2,
    environment: { SCHEDTRACE: '300', SLUICE_PROFILE: 'auto' },
  });
});
afterAll(() => cluster?.stop());

interface Share {
  readonly name: string;
  readonly target: number;
  readonly sinceStart?: number;
}
interface Worker {
  readonly id: string;
  readonly state: string;
  readonly models: readonly { readonly model: string; readonly state: string }[];
  readonly load?: {
    readonly classes: readonly { readonly name: string; readonly deviceMs: number }[];
    readonly batches: number;
    readonly rows: number;
    readonly slices: number;
    readonly costs: readonly { readonly queue: string; readonly fixedMs: number; readonly observations: number }[];
  };
}
interface Report {
  readonly summary: { readonly workers: number; readonly shares: readonly Share[]; readonly own: readonly number[] };
  readonly workers: readonly Worker[];
  readonly queues: readonly { readonly name: string; readonly owner?: string; readonly waiting: number }[];
  readonly api: { readonly refusals: Readonly<Record<string, number>> };
}
const look = async () => {
  const { status, body } = await cluster.api.ask('/cluster');
  expect(status).toBe(200);
  return body as Report;
};
const profile = (method: string, path = 'slow/versions/1') => cluster.api.ask(`/models/${path}/profile`, { method });
const lines = (log: string): Readonly<Record<string, string | undefined>>[] =>
  log.split('\n').flatMap((line) => {
    const groups = LINE.exec(line)?.groups;
    return groups ? [groups] : [];
  });
/** Both models are measured when they are loaded, by one worker of the two. */
const measured = () =>
  vi.waitFor(async () => {
    for (const model of MODELS) {
      const { body } = await profile('GET', `${model}/versions/1`);
      expect((body as { profiles: { buckets: object[] }[] }).profiles[0]?.buckets).toHaveLength(1);
    }
    expect((await look()).workers.every(({ load }) => load?.classes.every(({ deviceMs }) => deviceMs >= 0))).toBe(true);
  }, SOON);

describe('GET /cluster', () => {
  it('tells what the workers are and do, and which queues there are', async () => {
    await measured();
    for (let value = 0; value < 5; value++) await cluster.api.inferNumber('slow', value);
    await vi.waitFor(async () => {
      const { summary, workers, queues } = await look();
      expect(summary.workers).toBe(2);
      expect(summary.shares).toMatchObject([
        { name: 'inference', target: 70, sinceStart: expect.any(Number) },
        { name: 'model-update', target: 30, sinceStart: expect.any(Number) },
      ]);
      expect(summary.shares.reduce((sum, { sinceStart = 0 }) => sum + sinceStart, 0)).toBeCloseTo(100, 5);
      expect(workers).toHaveLength(2);
      for (const { state, models } of workers) {
        expect(state).toBe('serving');
        expect(models.map((each) => `${each.model} ${each.state}`).toSorted()).toEqual(['quick ready', 'slow ready']);
      }
      const sum = (count: (load: NonNullable<Worker['load']>) => number) =>
        workers.reduce((total, { load }) => total + (load ? count(load) : NaN), 0);
      expect(sum(({ batches }) => batches)).toBe(5);
      expect(sum(({ rows }) => rows)).toBe(5);
      expect(sum(({ slices }) => slices)).toBeGreaterThan(5);
      // 250 ms each, by the engine's own clock.
      const inferenceMs = sum(({ classes }) => classes.find(({ name }) => name === 'inference')?.deviceMs ?? NaN);
      expect(inferenceMs).toBeGreaterThan(5 * 249);
      expect(inferenceMs).toBeLessThan(5 * 300);
      const cost = workers.flatMap(({ load }) => load?.costs ?? []).find(({ queue }) => queue === 'inference.slow.1');
      expect(cost?.fixedMs).toBeGreaterThan(100);
      expect(queues.map(({ name }) => name)).toEqual(expect.arrayContaining(['inference.slow.1']));
      for (const { name, owner } of queues) expect(owner).toBe(name.split('@')[1]);
    }, SOON);
  });

  it('counts what this API refused, by reason', async () => {
    await cluster.board.act('inference.quick.1', 'pause');
    expect(await cluster.api.inferNumber('quick', 1)).toMatchObject({ status: 503 });
    await cluster.board.act('inference.quick.1', 'resume');
    expect(await cluster.api.ask('/v2/models/nothing/infer', { method: 'POST' })).toMatchObject({ status: 404 });
    expect((await look()).api.refusals).toEqual({ queue_paused: 1 });
    await vi.waitFor(() => {
      const refused = lines(cluster.processes.apis[0]!.log()).map((line) => Number(line['refused']));
      expect(refused.reduce((sum, count) => sum + count, 0)).toBe(1);
    }, SOON);
  });
});

describe('SCHEDTRACE', () => {
  it('prints the whole cluster on the API, and on each worker its own numbers, which add up', async () => {
    await measured();
    await vi.waitFor(async () => {
      const total = (log: string, count: string) => lines(log).reduce((sum, line) => sum + Number(line[count]), 0);
      const [api] = cluster.processes.apis;
      const workers = cluster.processes.workers.map((worker) => worker.log());
      expect(new Set(lines(api!.log()).map((line) => line['workers']))).toContain('2');
      for (const log of workers) {
        expect(new Set(lines(log).map((line) => line['workers']))).toEqual(new Set(['1']));
        expect(lines(log).at(-1)?.['share']).toMatch(/^inference:\S+\/70 model-update:\S+\/30$/);
        expect(lines(log)[0]?.['refused']).toBeUndefined();
      }
      const report = await look();
      const told = report.workers.reduce((sum, { load }) => sum + (load?.slices ?? NaN), 0);
      expect(workers.reduce((sum, log) => sum + total(log, 'slices'), 0)).toBe(told);
      // The API has been looking from its start on, or from a moment later.
      expect(total(api!.log(), 'slices')).toBeLessThanOrEqual(told);
    }, SOON);
  });
});

describe('a profile of a version', () => {
  it('is there once the model was loaded: what batches of each size take on this kind of device', async () => {
    await measured();
    const { body } = await profile('GET', 'quick/versions/1');
    expect(body).toMatchObject({
      model: 'quick',
      version: '1',
      profiles: [
        {
          deviceKind: 'scripted',
          unfinishedAttempts: 0,
          measured: expect.stringMatching(/^\d{4}-/),
          buckets: [{ bucket: '', bestBatch: expect.any(Number), sizes: expect.any(Array) }],
        },
      ],
    });
    const [{ buckets }] = (body as { profiles: [{ buckets: [{ sizes: { rows: number }[] }] }] }).profiles;
    expect(buckets[0].sizes.map(({ rows }) => rows)).toEqual([1, 2, 4, 8]);
    expect((await profile('GET')).body).toMatchObject({
      profiles: [{ buckets: [{ bestBatch: 1, sizes: [{ rows: 1, ms: expect.any(Number) }] }] }],
    });
  });

  it('is measured anew by every worker that has the version, as jobs that can be watched', async () => {
    await measured();
    const asked = await profile('POST');
    expect(asked.status).toBe(202);
    const { jobs } = asked.body as { jobs: { id: string; queue: string; model: string; state: string }[] };
    const workers = (await look()).workers.map(({ id }) => id);
    expect(jobs.map(({ queue }) => queue).toSorted()).toEqual(workers.map((id) => `model-update@${id}`).toSorted());
    for (const { queue } of jobs)
      await vi.waitFor(
        async () => expect((await cluster.board.queues()).map(({ name }) => name)).toContain(queue),
        SOON,
      );
    expect((await cluster.api.ask('/jobs?model=slow')).body).toMatchObject({
      jobs: expect.arrayContaining(jobs.map(({ id }) => expect.objectContaining({ id }))),
    });
    // Each of them is at it now.
    await vi.waitFor(async () => {
      const again = await profile('POST');
      expect(again).toMatchObject({
        status: 409,
        body: { error: expect.stringContaining('is being measured already') },
      });
      expect(again.headers.get('x-sluice-error')).toBe('update_in_progress');
    }, SOON);
    for (const { id } of jobs) {
      const { status, body } = await cluster.api.ask(`/jobs/${id}?wait=30`);
      expect(status).toBe(200);
      expect(body).toMatchObject({
        id,
        model: 'slow',
        version: '1',
        state: 'completed',
        result: { deviceKind: 'scripted', buckets: { '': [{ rows: 1 }] } },
      });
    }
  });

  it('is not measured of what is not there, or not ready', async () => {
    for (const method of ['GET', 'POST']) {
      expect(await profile(method, 'nothing/versions/1')).toMatchObject({ status: 404 });
      expect(await profile(method, 'slow/versions/7')).toMatchObject({ status: 404 });
    }
    await cluster.api.ask('/v2/repository/models/quick/unload', { method: 'POST' });
    const refused = await profile('POST', 'quick/versions/1');
    expect(refused).toMatchObject({
      status: 503,
      body: { error: 'model quick version 1 cannot be measured: unloaded' },
    });
    await cluster.api.ask('/v2/repository/models/quick/load', { method: 'POST' });
  });
});
