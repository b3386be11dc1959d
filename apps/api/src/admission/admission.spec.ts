import { SystemClock } from '@sluice/clock';
import { InMemoryCluster, InMemoryClusterHub, type ModelCost, type WorkerLoad } from '@sluice/cluster';
import { compileApiConfig } from '@sluice/config';
import { inferenceQueue, SluiceError, type ModelReport } from '@sluice/contracts';
import { InMemoryJobQueue, JobIds } from '@sluice/job-queue';
import { createLogger } from '@sluice/telemetry';
import { workerLoad } from '@sluice/testing';
import { ModelCatalogue } from '../models/model-catalogue.js';
import { nothingRegistered } from '../routing/nothing-registered.fixture.js';
import { Admission, type Applicant } from './admission.js';
import { LoadWatch } from './load-watch.js';

const serving = {
  platform: 'scripted' as const,
  device: 'scripted',
  maxBatchSize: 4,
  signature: { inputs: [], outputs: [] },
};
const A = 'inference.a.1';
const FULL = new SluiceError('queue_full', 'queue is full');
const ids = new JobIds(Date.now, Math.random);

/** Workers that have told what they do; the queue and the cluster in memory, all else real. */
class World {
  private readonly clock = new SystemClock();
  private readonly hub = new InMemoryClusterHub(this.clock);
  private readonly logger = createLogger('api', 'silent');
  private readonly api = new InMemoryCluster(this.hub, this.clock, 60_000);
  readonly queue = new InMemoryJobQueue(compileApiConfig({}).queue, this.clock);
  private readonly catalogue = new ModelCatalogue(this.api, nothingRegistered(this.clock), this.clock, this.logger);
  readonly loads = new LoadWatch(this.api, this.queue, this.catalogue, this.logger);
  readonly admission = new Admission(this.queue, this.loads);

  /** A worker that serves models, each at its cost; undefined: not known yet. */
  async worker(costs: Readonly<Record<string, Partial<ModelCost> | undefined>>, load: Partial<WorkerLoad> = {}) {
    const id = `worker-${ids.next()}`;
    const models = Object.keys(costs).map((model): ModelReport => ({ model, version: '1', state: 'ready', serving }));
    const member = new InMemoryCluster(this.hub, this.clock, 60_000);
    await member.join({ id, host: '', pid: 1, device: 'cpu', state: 'serving', startedAt: 0, models, applied: {} });
    onTestFinished(() => member.stop());
    const known = Object.entries(costs).flatMap(([model, cost]): ModelCost[] => {
      const unit = { fixedMs: 0, perRowMs: 10, maxRows: 4, bucket: '', error: 0, observations: 1 };
      return cost ? [{ ...unit, queue: inferenceQueue({ model, version: '1' }), ...cost }] : [];
    });
    const told = { at: this.queue.now(), device: 'running', classes: [], costs: known, memory: undefined } as const;
    await member.tellLoad(workerLoad(id, { ...told, ...load }));
    await this.catalogue.catchUp();
    await this.loads.look();
  }

  async waiting(queue: string, count: number, priority = 100): Promise<void> {
    const job = { label: {}, replyTo: '', priority, expiresAt: this.queue.now() + 60_000, payload: new Uint8Array(10) };
    await this.queue.enqueue(
      queue,
      Array.from({ length: count }, () => ({ ...job, id: ids.next() })),
    );
  }

  /** Undefined: it is admitted. */
  async refusal(applicant: Partial<Applicant> = {}): Promise<SluiceError | undefined> {
    try {
      await this.admission.check(spec(applicant));
      return undefined;
    } catch (error) {
      if (error instanceof SluiceError) return error;
      throw error;
    }
  }
}

function spec(applicant: Partial<Applicant>): Applicant {
  const payload = new Uint8Array(10);
  return { queue: A, payload, priority: 100, rows: 1, timeoutMs: 500, mustBeInTime: true, ...applicant };
}

describe('admission', () => {
  it('refuses who would wait for longer than its deadline, and says how long and when it would fit', async () => {
    const world = new World();
    await world.worker({ a: {} });
    await world.waiting(A, 40);
    // 400 ms for the 40, 40 ms for a batch: (timeout - 2 * 40) / 1.1 is the longest wait. It fits once 200 ms of work
    // are done, beside the batch that is running.
    expect(await world.refusal({ timeoutMs: 521 })).toBeUndefined();
    const refusal = await world.refusal({ timeoutMs: 301 });
    expect(refusal).toMatchObject({ code: 'deadline_unreachable', status: 429, retryAfterMs: 240 });
    expect(refusal?.message).toContain(
      'the deadline of 301 ms could hardly be met: the request would wait about 400 ms and run 40 ms',
    );
  });

  it('counts on all workers, and on what competes for them', async () => {
    const world = new World();
    await world.worker({ a: {}, b: {} });
    await world.waiting(A, 40);
    expect(await world.refusal({ timeoutMs: 400 })).toBeDefined();
    await world.worker({ a: {} });
    expect(await world.refusal({ timeoutMs: 400 })).toBeUndefined();
    // Its level does not matter: between queues age and deadline decide.
    await world.waiting('inference.b.1', 400, 1_000);
    expect(await world.refusal({ timeoutMs: 400 })).toBeDefined();
  });

  it('looks no further than the level of the request in its own queue', async () => {
    const world = new World();
    await world.worker({ a: {} });
    await world.waiting(A, 400, 100);
    expect(await world.refusal({ priority: 100 })).toBeDefined();
    expect(await world.refusal({ priority: 99 })).toBeUndefined();
  });

  it('takes the jobs that wait for as large as those that came in of late', async () => {
    const world = new World();
    await world.worker({ a: {} });
    await world.waiting(A, 20);
    expect(await world.refusal()).toBeUndefined();
    for (let count = 0; count < 100; count++) await world.refusal({ rows: 4 });
    expect(await world.refusal()).toBeDefined();
  });

  it('refuses nobody while it is not known what the request costs, or who runs it', async () => {
    const world = new World();
    await world.waiting(A, 1_000);
    expect(await world.refusal()).toBeUndefined();
    await world.worker({ a: undefined, b: {} });
    expect(await world.refusal()).toBeUndefined();
    await world.worker({ a: {} }, { at: world.queue.now() - 3_001 });
    expect(await world.refusal()).toBeUndefined();
    await world.worker({ a: {} });
    expect(await world.refusal()).toBeDefined();
  });

  it('predicts nothing for who has time, nor at a queue that is paused', async () => {
    const world = new World();
    await world.worker({ a: {} });
    await world.waiting(A, 1_000);
    expect(await world.refusal({ mustBeInTime: false, timeoutMs: 1 })).toBeUndefined();
    expect(await world.refusal()).toBeDefined();
    world.queue.pause(A);
    expect(await world.refusal()).toBeUndefined();
  });

  it('takes in whoever need not wait, however little time it has', async () => {
    const world = new World();
    await world.worker({ a: {} });
    expect(await world.refusal({ timeoutMs: 1 })).toBeUndefined();
  });
});

describe('at a full queue', () => {
  const retryAfterMs = async (world: World, applicant: Partial<Applicant> = {}) =>
    (await world.admission.whenThereIsRoom(FULL, spec(applicant))).retryAfterMs;

  it('tells when the next batch makes room, or when enough of it is gone for what is large', async () => {
    const world = new World();
    await world.worker({ a: {} });
    await world.waiting(A, 40);
    expect(await retryAfterMs(world)).toBe(40);
    // Half of the 400 bytes that wait, and half of the 400 ms that they take.
    expect(await retryAfterMs(world, { payload: new Uint8Array(200) })).toBe(200);
    expect(await retryAfterMs(world, { payload: new Uint8Array(9_999) })).toBe(400);
    const refusal = await world.admission.whenThereIsRoom(FULL, spec({}));
    expect(refusal).toMatchObject({ code: 'queue_full', message: FULL.message, cause: FULL });
  });

  it('claims nothing about what it does not know', async () => {
    const world = new World();
    await world.waiting(A, 40);
    expect(await world.admission.whenThereIsRoom(FULL, spec({}))).toBe(FULL);
  });

  it('names no time beyond a minute', async () => {
    const world = new World();
    await world.worker({ a: { perRowMs: 100_000 } });
    await world.waiting(A, 40);
    expect(await retryAfterMs(world)).toBe(60_000);
  });
});
