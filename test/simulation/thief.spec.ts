import { InMemoryCluster, InMemoryClusterHub } from '@sluice/cluster';
import { compileWorkerConfig } from '@sluice/config';
import { ownQueue } from '@sluice/contracts';
import { SimulatedEngine } from '@sluice/inference-engine';
import { InMemoryJobQueue, JobIds } from '@sluice/job-queue';
import { createLogger } from '@sluice/telemetry';
import { SimulatedClock } from '@sluice/testing';
import type { StagedJob } from '../../apps/worker/src/buffer/staged-job.js';
import { Engines } from '../../apps/worker/src/execute/engines.js';
import { ModelHost } from '../../apps/worker/src/lifecycle/model-host.js';
import { Peers } from '../../apps/worker/src/lifecycle/peers.js';
import { WorkerIdentity } from '../../apps/worker/src/lifecycle/worker-identity.js';
import { LoadReader } from '../../apps/worker/src/statistics/load-reader.js';
import { Thief } from '../../apps/worker/src/steal/thief.js';
import { WorkerModule } from '../../apps/worker/src/worker.module.js';
import { MemoryModelStore } from './world/memory-model-store.js';
import { Parts } from './world/parts.js';
import { modelFile, payloadOf } from './world/request.js';

const SHARED = 'inference.m1.1';
const VICTIMS = ownQueue(SHARED, 'victim');
const BATCH = 4;
const SAVES_MS = 150;

/** Workers whose loops do not run: what a thief does is seen by asking it. */
class Fleet {
  readonly clock = new SimulatedClock();
  private readonly hub = new InMemoryClusterHub(this.clock);
  private readonly config = compileWorkerConfig({ SLUICE_LOG_LEVEL: 'silent', SLUICE_PROFILE: 'off' });
  readonly queue = new InMemoryJobQueue(this.config.queue, this.clock, 0);
  private readonly ids = new JobIds(() => this.queue.now(), Math.random);
  private jobs = 0;

  /** With the model loaded, alive for the others. */
  async worker(id: string, settings: Record<string, string> = {}): Promise<Parts> {
    const engine = new SimulatedEngine({
      clock: this.clock,
      read: () => modelFile({ fixedMs: 100, perRowMs: 0, maxBatchSize: BATCH }),
      onCrash: () => {},
    });
    const cluster = new InMemoryCluster(this.hub, this.clock, this.config.presenceMs);
    const config = { platform: 'scripted', maxBatchSize: BATCH, affinity: { savesMs: SAVES_MS } } as const;
    const store = new MemoryModelStore([
      { ref: { model: 'm1', version: '1' }, config, path: '', bytes: 1, fingerprint: '' },
    ]);
    const adapters = {
      clock: this.clock,
      random: { next: () => 0 },
      queue: this.queue.beside(this.clock),
      cluster,
      store,
      engines: new Engines({ onnxruntime_onnx: engine, scripted: engine }),
    };
    const ours = compileWorkerConfig({ SLUICE_LOG_LEVEL: 'silent', SLUICE_PROFILE: 'off', ...settings });
    const identity: WorkerIdentity = { id, host: 'test', pid: 1, startedAt: 0 };
    const parts = new Parts(WorkerModule.with(ours, createLogger('worker', 'silent'), adapters), [
      { provide: WorkerIdentity, useValue: identity },
    ]);
    const models = parts.get(ModelHost);
    await models.discover(() => {});
    await models.load('m1');
    await cluster.join({
      id,
      host: 'test',
      pid: 1,
      startedAt: 0,
      device: 'cpu',
      state: 'serving',
      models: [],
      applied: {},
    });
    return parts;
  }

  /** Puts jobs into a queue. @returns their ids, the oldest first */
  async enqueue(queue: string, count: number): Promise<string[]> {
    const jobs = Array.from({ length: count }, () => {
      const alike = { atMs: 0, model: 0, rows: 1, width: 2, level: 1, timeoutMs: undefined, fate: 'answer' } as const;
      const payload = payloadOf({ ...alike, number: ++this.jobs });
      return { id: this.ids.next(), label: {}, replyTo: '', priority: 1, expiresAt: 1e9, payload };
    });
    await this.queue.enqueue(queue, jobs);
    return jobs.map(({ id }) => id);
  }

  /** The queue that a worker with nothing to do hears of. */
  heard(): Promise<string | undefined> {
    return this.clock.settled(this.queue.beside(this.clock).waitForWork([], 100, { offers: true }));
  }

  /** What a worker tells of itself. */
  async tells(worker: Parts, searching: boolean): Promise<void> {
    const cluster = new InMemoryCluster(this.hub, this.clock, this.config.presenceMs);
    await cluster.tellLoad({ ...worker.get(LoadReader).read(0), searching });
  }
}

describe('a thief', () => {
  let fleet: Fleet;
  let thief: Parts;
  beforeEach(async () => {
    fleet = new Fleet();
    await fleet.worker('victim');
    thief = await fleet.worker('thief');
  });

  const idsOf = (jobs: readonly StagedJob[] | undefined) => jobs?.map(({ leased }) => leased.lease.jobId);
  const steal = async (offered?: string) => {
    await thief.get(Peers).look();
    return idsOf(await thief.get(Thief).steal('inference', offered));
  };
  /** By now a full batch has been seen to take 100 ms. */
  const learn = () => thief.get(ModelHost).byQueue(SHARED)?.costs.of('').observe(BATCH, 100);

  it('takes half of what waits, the oldest first, and counts it', async () => {
    const ids = await fleet.enqueue(VICTIMS, 6);
    expect(await steal()).toEqual(ids.slice(0, 3));
    expect(await fleet.queue.counts(VICTIMS)).toMatchObject({ waiting: 3, active: 3 });
    expect(thief.get(Thief).stolen).toBe(3);
  });

  it('takes no more than a batch', async () => {
    const ids = await fleet.enqueue(VICTIMS, 20);
    expect(await steal()).toEqual(ids.slice(0, BATCH));
  });

  it('leaves what its owner does sooner than having it done here costs', async () => {
    learn();
    await fleet.enqueue(VICTIMS, BATCH);
    expect(await steal()).toBeUndefined();
    await fleet.enqueue(VICTIMS, BATCH);
    expect(await steal()).toHaveLength(BATCH);
  });

  it('leaves what is its own, and what is shared', async () => {
    await fleet.enqueue(ownQueue(SHARED, 'thief'), 8);
    await fleet.enqueue(SHARED, 8);
    expect(await steal()).toBeUndefined();
  });

  it('offers what it leaves, and nothing when nothing is left', async () => {
    await fleet.enqueue(VICTIMS, 2);
    expect(await steal()).toHaveLength(1);
    expect(await fleet.heard()).toBe(VICTIMS);
    expect(await steal()).toHaveLength(1);
    expect(await fleet.heard()).toBeUndefined();
  });

  it('does not look around while another does and nobody is busy, but goes where it is called', async () => {
    await fleet.tells(await fleet.worker('searcher'), true);
    await fleet.enqueue(VICTIMS, 8);
    expect(await steal()).toBeUndefined();
    expect(await steal(VICTIMS)).toHaveLength(BATCH);
  });

  it('does nothing of it when stealing is off', async () => {
    thief = await fleet.worker('honest', { SLUICE_STEALING: 'off' });
    await fleet.enqueue(VICTIMS, 8);
    expect(await steal(VICTIMS)).toBeUndefined();
  });
});

describe('an own queue', () => {
  it('is nobody’s once its owner is gone, and not before anybody has looked', async () => {
    const fleet = new Fleet();
    const peers = (await fleet.worker('other')).get(Peers);
    await fleet.enqueue(VICTIMS, 1);
    expect(peers.unserved).toEqual([]);
    await peers.look();
    expect(peers.unserved).toEqual([VICTIMS]);
    await fleet.worker('victim');
    await peers.look();
    expect(peers.unserved).toEqual([]);
  });
});
