import type { Answer } from './fixtures/api-client.js';
import { ApiCluster } from './fixtures/api-cluster.js';
import { TEST_MODELS } from './fixtures/test-models.js';
import { uploadForm } from './fixtures/upload-form.js';

const { 'config.json': config, '1/model.json': model } = TEST_MODELS.quick();
/** Long enough for each of them to be asked. */
const STRATEGY = { canaryPercent: 50, steps: [100], minSamples: 1_000_000, maxStepSeconds: 3_600 };
const KEYS = Array.from({ length: 40 }, (_, index) => `user-${index}`);
const WITHIN = { timeout: 30_000, interval: 50 };

let cluster: ApiCluster;
let id: string;
beforeAll(async () => {
  cluster = await ApiCluster.start({ models: ['quick'] });
});
afterAll(() => cluster?.stop());

function versionIn({ body }: Answer): string {
  return (body as { model_version: string }).model_version;
}

async function answering(key: string): Promise<string> {
  return versionIn(await cluster.api.inferNumber('quick', 1, { headers: { 'x-sluice-affinity': key } }));
}

async function phaseIs(phase: string): Promise<void> {
  await vi.waitFor(async () => {
    expect(await cluster.api.ask(`/models/quick/rollouts/${id}`)).toMatchObject({ body: { phase } });
  }, WITHIN);
}

describe('while a version is rolled out', () => {
  it('the one that serves from the folder becomes live, and the new one the candidate', async () => {
    const body = uploadForm({ 'model.json': Buffer.from(`${String(model)} `), config: String(config) });
    expect(await cluster.api.ask('/models/quick/versions', { method: 'POST', body })).toMatchObject({
      status: 201,
      body: { version: '2' },
    });
    expect(versionIn(await cluster.api.inferNumber('quick', 1))).toBe('1');
    const asked = JSON.stringify({ version: '2', strategy: STRATEGY });
    const begun = await cluster.api.ask('/models/quick/rollouts', { method: 'POST', body: asked });
    expect(begun).toMatchObject({ status: 201, body: { from: '1', version: '2' } });
    ({ id } = begun.body as { id: string });
    // The canary begins with the change that gives the candidate its share.
    const shared = async () => {
      expect(await cluster.api.ask('/models/quick')).toMatchObject({
        body: {
          live: '1',
          candidate: '2',
          canaryPercent: 50,
          versions: [
            { version: '1', state: 'live', readyOn: 1 },
            { version: '2', state: 'candidate', readyOn: 1 },
          ],
          history: [{ change: 'shift' }, { change: 'propose' }, { change: 'serve', by: 'anonymous', live: '1' }],
        },
      });
    };
    await vi.waitFor(shared, WITHIN);
  });

  it('requests with a key stay with one of both, and about half of the keys with each', async () => {
    const first = await Promise.all(KEYS.map(answering));
    for (let round = 0; round < 3; round++) expect(await Promise.all(KEYS.map(answering))).toEqual(first);
    const onCandidate = first.filter((version) => version === '2').length;
    // Five standard deviations of a draw would be 16.
    expect(Math.abs(onCandidate - KEYS.length / 2)).toBeLessThan(16);
  });

  it('requests that name a version get that one', async () => {
    for (const version of ['1', '2'])
      for (let asked = 0; asked < 5; asked++)
        expect(versionIn(await cluster.api.inferNumber(`quick/versions/${version}`, 1))).toBe(version);
  });

  it('metadata, configuration and readiness without a version are those of the live one', async () => {
    expect(await cluster.api.ask('/v2/models/quick')).toMatchObject({ status: 200, body: { versions: ['1', '2'] } });
    expect(await cluster.api.ask('/v2/models/quick/ready')).toMatchObject({ status: 200, body: { ready: true } });
    expect(await cluster.api.ask('/v2/models/quick/config')).toMatchObject({ status: 200 });
  });

  it('and rolled back, the live one answers all of them, and says so', async () => {
    const { status } = await cluster.api.ask(`/models/quick/rollouts/${id}/rollback`, { method: 'POST' });
    expect(status).toBe(200);
    await phaseIs('rolled-back');
    expect(new Set(await Promise.all(KEYS.map(answering)))).toEqual(new Set(['1']));
    expect(await cluster.api.ask('/v2/repository/index', { method: 'POST' })).toMatchObject({
      body: [
        { name: 'quick', version: '1', state: 'READY' },
        { name: 'quick', version: '2', state: 'UNAVAILABLE' },
      ],
    });
  });
});

describe('the repository extension', () => {
  it('loads a model that was only pushed, in its newest version', async () => {
    for (const version of ['3', '4']) {
      const body = uploadForm({ 'model.json': Buffer.from(String(model)), config: String(config), version });
      expect(await cluster.api.ask('/models/other/versions', { method: 'POST', body })).toMatchObject({ status: 201 });
    }
    expect(await cluster.api.inferNumber('other', 1)).toMatchObject({ status: 404 });
    const load = await cluster.api.ask('/v2/repository/models/other/load', { method: 'POST' });
    expect(load).toMatchObject({ status: 200, body: { name: 'other', load: true } });
    expect(versionIn(await cluster.api.inferNumber('other', 1))).toBe('4');
  });
});
