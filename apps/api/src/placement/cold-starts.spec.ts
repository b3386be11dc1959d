import { SystemClock } from '@sluice/clock';
import { InMemoryCluster, InMemoryClusterHub, type MemoryModel } from '@sluice/cluster';
import type { ModelReport, ServedModel } from '@sluice/contracts';
import { InMemoryJobQueue } from '@sluice/job-queue';
import { createLogger } from '@sluice/telemetry';
import { CONFORMANCE_SETTINGS, workerLoad, workerReport } from '@sluice/testing';
import { ModelCatalogue } from '../models/model-catalogue.js';
import { nothingRegistered } from '../routing/nothing-registered.fixture.js';
import { ColdStarts } from './cold-starts.js';

const REF = { model: 'm', version: '1' };
const QUEUE = 'inference.m.1';
const SERVING: ServedModel = {
  platform: 'scripted',
  signature: { inputs: [], outputs: [] },
  maxBatchSize: 1,
  device: 'cpu',
};

describe('a request for a model that no worker has in memory', () => {
  const clock = new SystemClock();
  let worker: InMemoryCluster;
  let catalogue: ModelCatalogue;
  let coldStarts: ColdStarts;
  let queue: InMemoryJobQueue;

  beforeEach(async () => {
    const hub = new InMemoryClusterHub(clock);
    const member = () => new InMemoryCluster(hub, clock, 3_000);
    worker = member();
    const api = member();
    queue = new InMemoryJobQueue(CONFORMANCE_SETTINGS, clock);
    catalogue = new ModelCatalogue(api, nothingRegistered(clock), clock, createLogger('api', 'silent'));
    coldStarts = new ColdStarts(catalogue, api, queue, clock);
  });
  afterEach(async () => {
    await worker.stop();
  });

  const has = async (report: ModelReport, copies: readonly Partial<MemoryModel>[] = []) => {
    await worker.join(workerReport('w', { models: [report] }));
    const copy = { queue: QUEUE, state: 'available', bytes: 1, lastUsedAt: 0, held: false } as const;
    const memory = { budgetBytes: 10, models: copies.map((each) => ({ ...copy, ...each })) };
    await worker.tellLoad(workerLoad('w', { memory }));
    await catalogue.catchUp();
  };
  const asked = async () => (await worker.askedFor()).get(QUEUE) ?? 0;

  it('is let in when the model could be there in time, or nobody knows', async () => {
    await has({ ...REF, state: 'available', serving: SERVING }, [{ loadMs: 1_000 }]);
    await expect(coldStarts.known('m')).resolves.toEqual({ ref: REF, serving: SERVING });
    await expect(coldStarts.admit(REF, 30_000)).resolves.toBeUndefined();
    await has({ ...REF, state: 'available', serving: SERVING }, [{}]);
    await vi.waitFor(() => expect(coldStarts.admit(REF, 1)).resolves.toBeUndefined());
  });

  it('is refused when the model could not be there in time, counts, and is told when it will be', async () => {
    await has({ ...REF, state: 'available', serving: SERVING }, [{ loadMs: 20_000 }]);
    const refused = coldStarts.admit(REF, 3_000);
    // The decision, 2.5 s, and the load; less what the request itself may wait, with a margin of half.
    await expect(refused).rejects.toMatchObject({ code: 'model_loading', retryAfterMs: 22_500 - 2_000 });
    expect(await asked()).toBe(1);
  });

  it('is not told to come again before the load has begun', async () => {
    await has({ ...REF, state: 'available', serving: SERVING }, [{ loadMs: 1_000 }]);
    // It would be 167 ms late: but until the next decision it would be that again and again.
    await expect(coldStarts.admit(REF, 5_000)).rejects.toMatchObject({ retryAfterMs: 2_500 });
  });

  it('has to wait only for the rest of a load that has begun', async () => {
    const begun = { state: 'loading', loadMs: 20_000, lastUsedAt: queue.now() - 19_000 } as const;
    await has({ ...REF, state: 'loading', onDemand: true }, [begun]);
    await expect(coldStarts.admit(REF, 3_000)).resolves.toBeUndefined();
  });

  it('is refused while the memory is full of models that are asked for', async () => {
    await has({ ...REF, state: 'available', serving: SERVING }, [{}]);
    const fence = await worker.lead('w', 1_000);
    await worker.assign(fence!, { generation: 1, workers: { w: ['inference.other.1'] }, noRoom: [QUEUE] });
    await expect(coldStarts.admit(REF, 60_000)).rejects.toMatchObject({
      code: 'model_loading',
      message: expect.stringContaining('SLUICE_MODEL_MEMORY') as string,
      retryAfterMs: 12_500,
    });
    expect(await asked()).toBe(1);
  });

  it('waits until it can be checked when nobody knows what the model takes', async () => {
    await has({ ...REF, state: 'available' }, [{}]);
    const known = coldStarts.known('m', undefined, 10_000);
    await vi.waitFor(async () => expect(await asked()).toBe(1));
    await has({ ...REF, state: 'ready', serving: SERVING }, [{ state: 'ready' }]);
    await expect(known).resolves.toEqual({ ref: REF, serving: SERVING });
  });

  it('is not kept waiting for longer than it may', async () => {
    await has({ ...REF, state: 'available' }, [{}]);
    await expect(coldStarts.known('m', '1', 50)).rejects.toMatchObject({ code: 'model_loading' });
  });

  it('is none of its business when a worker has the model', async () => {
    await has({ ...REF, state: 'ready', serving: SERVING }, [{ state: 'ready', loadMs: 90_000 }]);
    await expect(coldStarts.admit(REF, 1)).resolves.toBeUndefined();
    expect(await asked()).toBe(0);
  });

  it('finds a model ready that would be loaded for it, and one unavailable that an operator unloaded', async () => {
    await has({ ...REF, state: 'available' });
    expect(catalogue.readiness('m')).toEqual({ ready: true });
    await worker.setModelState('m', 'unloaded');
    await catalogue.catchUp();
    expect(catalogue.readiness('m')).toEqual({ ready: false, reason: 'unloaded' });
    await expect(coldStarts.known('m')).rejects.toMatchObject({ code: 'model_unavailable' });
  });
});
