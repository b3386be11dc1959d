import { SystemClock } from '@sluice/clock';
import { InMemoryCluster, InMemoryClusterHub, type WorkerLoad } from '@sluice/cluster';
import { compileApiConfig } from '@sluice/config';
import { ownQueue } from '@sluice/contracts';
import { InMemoryJobQueue, JobIds } from '@sluice/job-queue';
import { createLogger } from '@sluice/telemetry';
import { workerLoad } from '@sluice/testing';
import { LoadWatch } from '../admission/load-watch.js';
import { ModelCatalogue } from '../models/model-catalogue.js';
import { nothingRegistered } from '../routing/nothing-registered.fixture.js';
import { Affinity } from './affinity.js';

const SHARED = 'inference.keyed.1';
const LEVEL = 100;
const serving = {
  platform: 'scripted' as const,
  device: 'scripted',
  maxBatchSize: 4,
  signature: { inputs: [], outputs: [] },
  affinity: { savesMs: 10 },
};
const TARGET = { ref: { model: 'keyed', version: '1' }, serving };
/** 50 ms for a full batch. */
const COST = { queue: SHARED, bucket: '', fixedMs: 10, perRowMs: 10, maxRows: 4, error: 0, observations: 1 };

/** Workers that serve the model; the queue and the cluster in memory, all else real. */
class World {
  private readonly clock = new SystemClock();
  private readonly hub = new InMemoryClusterHub(this.clock);
  private readonly logger = createLogger('api', 'silent');
  private readonly api = new InMemoryCluster(this.hub, this.clock, 60_000);
  private readonly queue = new InMemoryJobQueue(compileApiConfig({}).queue, this.clock);
  private readonly catalogue = new ModelCatalogue(this.api, nothingRegistered(this.clock), this.clock, this.logger);
  private readonly loads = new LoadWatch(this.api, this.queue, this.catalogue, this.logger);
  private readonly ids = new JobIds(Date.now, Math.random);
  readonly affinity = new Affinity(this.catalogue, this.loads, this.queue);

  async worker(id: string, load: Partial<WorkerLoad> = {}): Promise<void> {
    const models = [{ ...TARGET.ref, state: 'ready' as const, serving }];
    const member = new InMemoryCluster(this.hub, this.clock, 60_000);
    await member.join({ id, host: '', pid: 1, device: 'cpu', state: 'serving', startedAt: 0, models, applied: {} });
    onTestFinished(() => member.stop());
    await member.tellLoad(workerLoad(id, { at: this.queue.now(), costs: [COST], ...load }));
    await this.catalogue.catchUp();
    await this.loads.look();
  }

  async waiting(queue: string, count: number): Promise<void> {
    const payload = new Uint8Array(1);
    const job = { label: {}, replyTo: '', priority: LEVEL, expiresAt: this.queue.now() + 60_000, payload };
    await this.queue.enqueue(
      queue,
      Array.from({ length: count }, () => ({ ...job, id: this.ids.next() })),
    );
  }

  queueOf(key: string): Promise<string> {
    return this.affinity.queueFor(TARGET, key, LEVEL);
  }
}

describe('Affinity', () => {
  let world: World;
  beforeEach(async () => {
    world = new World();
    await world.worker('one');
    await world.worker('two');
  });

  it('sends a key to one worker, and different keys to both', async () => {
    const queues = await Promise.all(Array.from({ length: 20 }, (_, key) => world.queueOf(`key-${key}`)));
    expect(new Set(queues)).toEqual(new Set([ownQueue(SHARED, 'one'), ownQueue(SHARED, 'two')]));
    expect(await world.queueOf('key-7')).toBe(queues[7]);
  });

  it('sends no key, and a key of a model for which it means nothing, to the shared queue', async () => {
    expect(await world.affinity.queueFor(TARGET, undefined, LEVEL)).toBe(SHARED);
    const indifferent = { ...TARGET, serving: { ...serving, affinity: undefined } };
    expect(await world.affinity.queueFor(indifferent, 'k', LEVEL)).toBe(SHARED);
  });

  it('keeps to the owner while its next batch has room: who waits for the same run delays nobody', async () => {
    const own = await world.queueOf('k');
    await world.waiting(own, 3);
    expect(await world.queueOf('k')).toBe(own);
    await world.waiting(own, 1);
    expect(await world.queueOf('k')).toBe(SHARED);
  });

  it('keeps to an owner that is late when that is not later than the shared queue, divided among all', async () => {
    const own = await world.queueOf('k');
    await world.waiting(own, 4);
    await world.waiting(SHARED, 4);
    expect(await world.queueOf('k')).toBe(SHARED);
    // Two batches of 50 ms there, on two workers: no sooner than behind the one batch of the owner.
    await world.waiting(SHARED, 4);
    expect(await world.queueOf('k')).toBe(own);
  });

  it('passes over a worker that leaves its work to others', async () => {
    world = new World();
    await world.worker('one');
    await world.worker('two', { handOff: ['paused'] });
    const queues = await Promise.all(Array.from({ length: 20 }, (_, key) => world.queueOf(`key-${key}`)));
    expect(new Set(queues)).toEqual(new Set([ownQueue(SHARED, 'one')]));
  });
});
