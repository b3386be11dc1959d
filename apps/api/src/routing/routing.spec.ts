import { SystemClock } from '@sluice/clock';
import { InMemoryCluster, InMemoryClusterHub } from '@sluice/cluster';
import type { ModelReport, ServedModel } from '@sluice/contracts';
import { InMemoryModelRegistry, InMemoryRegistryHub, type Change } from '@sluice/model-registry';
import { createLogger } from '@sluice/telemetry';
import { workerReport } from '@sluice/testing';
import { ModelCatalogue } from '../models/model-catalogue.js';
import { CanaryChoice } from './canary-choice.js';
import { DesiredVersions } from './desired-versions.js';

const serving: ServedModel = {
  platform: 'scripted',
  signature: { inputs: [], outputs: [] },
  maxBatchSize: 1,
  device: 'cpu',
};
const clock = new SystemClock();
const KEYS = Array.from({ length: 2_000 }, (_, index) => `user-${index}`);

describe('which version answers a request that names none', () => {
  let worker: InMemoryCluster;
  let registry: InMemoryModelRegistry;
  let desired: DesiredVersions;
  let catalogue: ModelCatalogue;
  let canary: CanaryChoice;

  beforeEach(async () => {
    const hub = new InMemoryClusterHub(clock);
    const registryHub = new InMemoryRegistryHub(clock);
    worker = new InMemoryCluster(hub, clock, 3_000);
    registry = new InMemoryModelRegistry(registryHub, clock, 'somebody');
    desired = new DesiredVersions(new InMemoryModelRegistry(registryHub, clock, 'api'), clock);
    await desired.onApplicationBootstrap();
    const cluster = new InMemoryCluster(hub, clock, 3_000);
    catalogue = new ModelCatalogue(cluster, desired, clock, createLogger('api', 'silent'));
    canary = new CanaryChoice(desired, catalogue);
  });
  afterEach(async () => {
    await worker.stop();
    await desired.onApplicationShutdown();
  });

  /** The worker has these versions, ready but for those that are loading. */
  const has = async (ready: readonly string[], loading: readonly string[] = []) => {
    const models: ModelReport[] = [
      ...ready.map((version) => ({ model: 'm', version, state: 'ready' as const, serving })),
      ...loading.map((version) => ({ model: 'm', version, state: 'loading' as const })),
    ];
    await worker.join(workerReport('w', { models }));
    await catalogue.catchUp();
  };
  const change = async (made: Change) => {
    const { generation } = await registry.change(await registry.model('m'), made, { by: 'test' });
    await vi.waitFor(() => expect(desired.of('m').generation).toBe(generation));
  };
  const answering = () => catalogue.resolve('m').ref.version;
  const chosen = (keys: readonly (string | undefined)[]) =>
    keys.map((key) => canary.versionFor('m', key)).filter((version) => version !== undefined);

  it('is the highest that is ready, of a model that nothing was registered of', async () => {
    await has(['1', '2'], ['3']);
    expect(answering()).toBe('2');
    expect(canary.versionFor('m', undefined)).toBeUndefined();
  });

  it('is the live one, however many others a worker has', async () => {
    await has(['1', '2']);
    await change({ kind: 'serve', version: '1' });
    expect(answering()).toBe('1');
    expect(catalogue.resolve('m', '2').ref.version).toBe('2');
  });

  it('is the candidate for its share of the keys, always the same ones, and more of them as it grows', async () => {
    await has(['1', '2']);
    await change({ kind: 'serve', version: '1' });
    await change({ kind: 'propose', version: '2', canaryPercent: 0 });
    expect(chosen(KEYS)).toEqual([]);
    const shares: Set<string>[] = [];
    for (const canaryPercent of [5, 50, 100]) {
      await change({ kind: 'shift', canaryPercent });
      shares.push(new Set(KEYS.filter((key) => canary.versionFor('m', key) === '2')));
      expect(shares.at(-1)!.size / KEYS.length).toBeCloseTo(canaryPercent / 100, 1);
      expect(chosen(KEYS)).toEqual([...shares.at(-1)!].map(() => '2'));
    }
    const [few, half] = shares as [Set<string>, Set<string>];
    expect([...few].filter((key) => !half.has(key))).toEqual([]);
  });

  it('is not a version that this process has not heard of yet', async () => {
    await has(['1']);
    await change({ kind: 'serve', version: '1' });
    const looked: string[] = [];
    desired.lookFirst(async () => {
      looked.push(desired.of('m').live ?? 'none');
      await has(['1', '2']);
    });
    await change({ kind: 'serve', version: '2' });
    expect(looked).toEqual(['1']);
    expect(answering()).toBe('2');
  });

  it('is drawn where there is no key', async () => {
    await has(['1', '2']);
    await change({ kind: 'serve', version: '1' });
    await change({ kind: 'propose', version: '2', canaryPercent: 25 });
    expect(canary.versionFor('m', undefined, () => 0.249)).toBe('2');
    expect(canary.versionFor('m', undefined, () => 0.25)).toBeUndefined();
  });

  it('is the live one as long as no worker has the candidate ready', async () => {
    await has(['1'], ['2']);
    await change({ kind: 'serve', version: '1' });
    await change({ kind: 'propose', version: '2', canaryPercent: 100 });
    expect(chosen(KEYS)).toEqual([]);
    expect(answering()).toBe('1');
  });

  it('is none before the first version is live, and says so', async () => {
    await has(['1']);
    await change({ kind: 'propose', version: '1', canaryPercent: 0 });
    expect(() => answering()).toThrow('no version of model m is live yet: version 1 is on its way');
    await change({ kind: 'withdraw' });
    expect(() => answering()).toThrow('no version of model m is live yet: roll one out');
  });

  it('is none where no worker has the live one, and says so', async () => {
    await change({ kind: 'serve', version: '4' });
    expect(() => answering()).toThrow(expect.objectContaining({ code: 'no_worker' }));
    await has(['1']);
    expect(() => answering()).toThrow('model m version 4 is live, but no worker that is alive has it');
  });
});
