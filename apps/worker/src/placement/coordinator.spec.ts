import { InMemoryCluster, InMemoryClusterHub, type MemoryLoad } from '@sluice/cluster';
import { compileWorkerConfig } from '@sluice/config';
import { inferenceQueue } from '@sluice/contracts';
import { InMemoryJobQueue, JobIds } from '@sluice/job-queue';
import { seededRandom } from '@sluice/onnx-writer';
import { createLogger } from '@sluice/telemetry';
import { CONFORMANCE_SETTINGS, SimulatedClock, workerLoad, workerReport, type SimulatedProcess } from '@sluice/testing';
import { WorkerIdentity } from '../lifecycle/worker-identity.js';
import { AssignedModels } from './assigned-models.js';
import { Coordinator } from './coordinator.js';

const LOAD_MS = 1_500;

/** A worker in virtual time whose models are names: what decides, and what follows a decision, is real. */
class PlacedWorker {
  readonly id: string;
  readonly cluster: InMemoryCluster;
  /** By queue: when it was begun to be loaded. */
  readonly memory = new Map<string, number>();
  loads = 0;
  private readonly assigned: AssignedModels;
  private readonly coordinator: Coordinator;

  constructor(
    name: string,
    hub: InMemoryClusterHub,
    readonly process: SimulatedProcess,
    queue: InMemoryJobQueue,
    private readonly models: readonly string[],
    private readonly room: number,
  ) {
    const config = compileWorkerConfig({ SLUICE_WORKER_NAME: name, SLUICE_MODEL_MEMORY: String(room) });
    const identity = new WorkerIdentity(config);
    const logger = createLogger('worker', 'silent');
    this.id = identity.id;
    this.cluster = new InMemoryCluster(hub, process, config.presenceMs);
    this.assigned = new AssignedModels(config, identity, this.cluster, process, logger);
    this.coordinator = new Coordinator(config, identity, this.cluster, queue.beside(process), process, logger);
  }

  async start(): Promise<void> {
    const models = this.models.map((model) => ({ model, version: '1', state: 'available' }) as const);
    await this.cluster.join(workerReport(this.id, { models }));
    await this.assigned.start(() => this.follow());
    this.process.every(500, () => void this.tell());
    this.coordinator.start();
    await this.tell();
  }

  /** As a worker that is told to end. */
  async end(): Promise<void> {
    await this.coordinator.stop();
    await this.cluster.stop();
  }

  private tell(): Promise<void> {
    return this.cluster.tellLoad(workerLoad(this.id, { memory: this.told() }));
  }

  private told(): MemoryLoad {
    const now = this.process.now();
    const models = this.models.map((model) => {
      const queue = inferenceQueue({ model, version: '1' });
      const begunAt = this.memory.get(queue);
      const loaded = begunAt !== undefined && now - begunAt >= LOAD_MS ? 'ready' : 'loading';
      const state = begunAt === undefined ? 'available' : loaded;
      return { queue, state, bytes: 1, lastUsedAt: begunAt ?? 0, held: false, loadMs: LOAD_MS } as const;
    });
    return { budgetBytes: this.room, models };
  }

  private follow(): void {
    const refs = this.models.map((model) => ({ model, version: '1' }));
    for (const ref of refs) if (!this.assigned.wants(ref, true)) this.memory.delete(inferenceQueue(ref));
    for (const ref of refs) {
      const queue = inferenceQueue(ref);
      if (!this.assigned.wants(ref, false) || this.memory.has(queue)) continue;
      this.memory.set(queue, this.process.now());
      this.loads++;
    }
    if (this.memory.size > this.room)
      throw new Error(`${this.id} is over its budget: ${[...this.memory.keys()].join()}`);
  }
}

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const queueOf = (model: string) => inferenceQueue({ model, version: '1' });

class World {
  readonly clock = new SimulatedClock();
  readonly hub = new InMemoryClusterHub(this.clock);
  readonly api = new InMemoryCluster(this.hub, this.clock, 3_000);
  readonly queue = new InMemoryJobQueue(CONFORMANCE_SETTINGS, this.clock, 0);
  readonly workers: PlacedWorker[] = [];
  private readonly ids = new JobIds(() => this.queue.now(), seededRandom(1));

  async start(workers: number, room: number): Promise<void> {
    for (let index = 0; index < workers; index++) {
      const name = `w${index}`;
      const worker = new PlacedWorker(name, this.hub, this.clock.process(name), this.queue, NAMES, room);
      this.workers.push(worker);
      await worker.start();
    }
  }

  async pass(ms: number): Promise<void> {
    await this.clock.run(this.clock.now() + ms);
  }

  /** Something that waits, and is in nobody's memory. */
  async ask(...models: string[]): Promise<void> {
    const [label, payload] = [{}, new Uint8Array(1)];
    const expiresAt = this.queue.now() + 600_000;
    for (const model of models) {
      const job = { id: this.ids.next(), label, replyTo: 'api', priority: 1, expiresAt, payload };
      await this.queue.enqueue(queueOf(model), [job]);
    }
  }

  async serve(model: string): Promise<void> {
    const { jobs } = await this.queue.lease(queueOf(model), { holder: 'w', max: 99 });
    await this.queue.settle(jobs.map(({ lease }) => ({ lease, outcome: { ok: true, result: new Uint8Array() } })));
  }

  /** Models that are in some worker's memory. */
  placed(workers = this.workers): string[] {
    return workers.flatMap(({ memory }) => [...memory.keys()]).toSorted();
  }

  leader(): PlacedWorker {
    const id = this.hub.coordinator.get('coordinator');
    return this.workers.find((worker) => worker.id === id)!;
  }

  async rooms(): Promise<number[]> {
    return this.workers.map(({ memory }) => memory.size);
  }
}

describe('the coordinator', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });

  it('has what waits loaded, one at a time on each worker, and nothing else', async () => {
    await world.start(2, 2);
    await world.pass(5_000);
    expect(world.placed()).toEqual([]);
    await world.ask('a', 'b', 'c');
    await world.pass(2_100);
    expect(await world.rooms()).toEqual([1, 1]);
    await world.pass(4_000);
    expect(world.placed()).toEqual(['a', 'b', 'c'].map(queueOf));
    await world.pass(60_000);
    expect(world.workers.reduce((sum, { loads }) => sum + loads, 0)).toBe(3);
  });

  it('hears of requests that are in no queue', async () => {
    await world.start(1, 1);
    await world.pass(5_000);
    await world.api.askFor(queueOf('e'));
    await world.pass(2_100);
    expect(world.placed()).toEqual([queueOf('e')]);
  });

  it('gives the room of what nobody asks for any more to what is asked for, and says until then that there is none', async () => {
    await world.start(1, 1);
    await world.pass(3_000);
    await world.ask('a');
    await world.pass(6_000);
    await world.serve('a');
    await world.ask('b');
    await world.pass(4_000);
    expect(world.placed()).toEqual([queueOf('a')]);
    expect(await world.api.assignment()).toMatchObject({ noRoom: [queueOf('b')] });
    await world.pass(12_000);
    expect(world.placed()).toEqual([queueOf('b')]);
    expect(await world.api.assignment()).toMatchObject({ noRoom: [] });
  });

  it('is followed by another when it dies, which keeps what is loaded', async () => {
    await world.start(3, 2);
    await world.ask('a', 'b', 'c');
    await world.pass(10_000);
    const before = world.leader();
    const rest = world.workers.filter((worker) => worker !== before);
    const kept = world.placed(rest);
    expect(kept.length).toBeGreaterThan(0);
    before.process.kill();
    // A term, and a beat until the next one looks.
    await world.pass(8_100);
    expect(rest).toContain(world.leader());
    await world.pass(6_000);
    expect(world.placed(rest)).toEqual(expect.arrayContaining([...kept, ...['a', 'b', 'c'].map(queueOf)]));
    expect(Object.keys((await world.api.assignment())!.workers).toSorted()).toEqual(
      rest.map(({ id }) => id).toSorted(),
    );
    expect(rest.reduce((sum, { loads }) => sum + loads, 0)).toBe(3);
  });

  it('hands over at once when it ends', async () => {
    await world.start(2, 2);
    await world.ask('a');
    await world.pass(5_000);
    const before = world.leader();
    await world.clock.settled(before.end());
    // The next beat of the other: its term would have gone on for up to six seconds.
    await world.pass(2_100);
    expect(world.leader()).not.toBe(before);
    expect(world.leader()).toBeDefined();
  });

  it('leaves the term of another alone when it ends', async () => {
    await world.start(2, 2);
    await world.pass(5_000);
    const leader = world.leader();
    const follower = world.workers.find((worker) => worker !== leader)!;
    await world.clock.settled(follower.end());
    expect(world.leader()).toBe(leader);
  });

  it('decides nothing any more when it stood still while another took over', async () => {
    await world.start(2, 2);
    await world.ask('a');
    await world.pass(5_000);
    const slow = world.leader();
    const fence = world.hub.fence;
    // In the middle of a decision, as far as it knows.
    slow.process.freeze();
    await world.pass(9_000);
    expect(world.leader()).not.toBe(slow);
    const late = { generation: 99, workers: { [slow.id]: NAMES.map(queueOf) }, noRoom: [] };
    expect(await slow.cluster.assign(fence, late)).toBe(false);
    slow.process.thaw();
    await world.ask('b', 'c');
    await world.pass(10_000);
    expect((await world.api.assignment())!.generation).toBeLessThan(99);
    expect(world.leader()).not.toBe(slow);
    expect(world.placed()).toEqual(expect.arrayContaining(['a', 'b', 'c'].map(queueOf)));
    expect(Math.max(...(await world.rooms()))).toBeLessThanOrEqual(2);
  });

  it('leaves unloaded what an operator unloaded', async () => {
    await world.start(1, 3);
    await world.api.setModelState('a', 'unloaded');
    await world.ask('a', 'b');
    await world.pass(10_000);
    expect(world.placed()).toEqual([queueOf('b')]);
  });
});
