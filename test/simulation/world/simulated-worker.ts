import { InMemoryCluster } from '@sluice/cluster';
import { MODEL_UPDATE_QUEUE, sharedQueue, workerUpdateQueue } from '@sluice/contracts';
import { SimulatedEngine } from '@sluice/inference-engine';
import type { InMemoryJobQueue } from '@sluice/job-queue';
import { InMemoryModelRegistry, InMemoryRolloutBook } from '@sluice/model-registry';
import { FolderContentStore } from '@sluice/model-store';
import type { Logger } from '@sluice/telemetry';
import type { SimulatedProcess } from '@sluice/testing';
import { BufferPool } from '../../../apps/worker/src/batch/buffer-pool.js';
import { Engines } from '../../../apps/worker/src/execute/engines.js';
import { Lanes } from '../../../apps/worker/src/execute/lanes.js';
import { HandOff } from '../../../apps/worker/src/hand-off/hand-off.js';
import { LeaseKeeper } from '../../../apps/worker/src/lease/lease-keeper.js';
import { HardExit } from '../../../apps/worker/src/lifecycle/hard-exit.js';
import { ModelHost } from '../../../apps/worker/src/lifecycle/model-host.js';
import { WorkerIdentity } from '../../../apps/worker/src/lifecycle/worker-identity.js';
import { UpdateLane } from '../../../apps/worker/src/update/update-lane.js';
import { WorkerModule } from '../../../apps/worker/src/worker.module.js';
import { CountingBufferPool } from './counting-buffer-pool.js';
import { FaultLayer } from './fault-layer.js';
import { faultyCluster, faultyEngine, faultyQueue } from './faulty-ports.js';
import { Parts } from './parts.js';
import type { WorkerFate, WorkerWorld } from './worker-world.js';

interface Life {
  readonly process: SimulatedProcess;
  readonly parts: Parts;
  readonly queue: InMemoryJobQueue;
  readonly cluster: InMemoryCluster;
  readonly holder: string;
  readonly gone: Promise<void>;
  readonly end: () => void;
}

/**
 * A worker: all of its own parts, on a queue, a cluster and a device that are simulated. It can be killed, stopped and
 * started again; each start is another process.
 */
export class SimulatedWorker {
  private life: Life | undefined;
  private lives = 0;
  private calls = 0;
  private state: 'down' | 'starting' | 'up' | 'frozen' | 'draining' = 'down';
  private upSince = Infinity;
  private stopsIn: { readonly call: string; readonly forMs: number } | undefined;

  constructor(
    readonly index: number,
    private readonly world: WorkerWorld,
    private readonly fate: WorkerFate,
  ) {}

  get name(): string {
    return `w${this.index + 1}`;
  }

  get isUp(): boolean {
    return this.state === 'up';
  }

  /** Up and going on without a break for so long. */
  get upForMs(): number {
    return this.isUp ? this.world.clock.now() - this.upSince : 0;
  }

  get holder(): string | undefined {
    return this.life?.holder;
  }

  /** Under which it is known, or was last. */
  get lastHolder(): string {
    return this.life?.holder ?? this.holderOf(this.lives);
  }

  /** Queues whose jobs are for it: those of its models, shared and its own. */
  get serves(): string[] {
    return (
      this.life?.parts
        .get(ModelHost)
        .hostedModels()
        .flatMap(({ queues }) => queues) ?? []
    );
  }

  /** Whether it could run the jobs of a queue, whomever they belong to. */
  canRun(queue: string): boolean {
    return this.life?.parts.get(ModelHost).byQueue(queue) !== undefined;
  }

  /** The queue of its updates, while it has none at hand. */
  get updateQueue(): string | undefined {
    const isFree = this.life?.parts.get(UpdateLane).isFree ?? false;
    return this.life && isFree ? workerUpdateQueue(this.life.holder) : undefined;
  }

  get leasedNotStarted(): number {
    return this.life?.parts.get(Lanes).leasedNotStarted ?? 0;
  }

  get laneCount(): number {
    return this.life?.parts.get(Lanes).inference.length ?? 1;
  }

  /** It gives back what it has leased. */
  get isHandingOff(): boolean {
    return this.life?.parts.get(HandOff).isActive ?? true;
  }

  /** Unless it is there already. */
  start(): void {
    if (this.life) return;
    this.lives++;
    const life = this.live();
    this.life = life;
    this.state = 'starting';
    life.parts.start().then(
      () => this.arrived(life),
      (error: unknown) => {
        this.world.judgement.trace.note(this.name, 'start failed', { reason: String(error) });
        if (this.life === life) this.crash();
      },
    );
  }

  crash(): void {
    const { life } = this;
    if (!life) return;
    this.world.judgement.trace.note(this.name, 'dies');
    this.bury(life);
    this.fate.onTurn();
    this.fate.onDeath();
  }

  freeze(): void {
    if (this.state !== 'up') return;
    this.world.judgement.trace.note(this.name, 'is stopped');
    this.state = 'frozen';
    this.life?.process.freeze();
    this.fate.onTurn();
  }

  /** It is stopped in its next call of that name. */
  freezeIn(call: string, forMs: number): void {
    this.stopsIn = { call, forMs };
  }

  private stopIn(name: string): void {
    if (this.stopsIn?.call !== name) return;
    const { forMs } = this.stopsIn;
    this.stopsIn = undefined;
    this.freeze();
    this.world.clock.after(forMs, () => this.thaw());
  }

  thaw(): void {
    if (this.state !== 'frozen') return;
    this.world.judgement.trace.note(this.name, 'goes on');
    this.state = 'up';
    this.upSince = this.world.clock.now();
    this.life?.process.thaw();
    this.fate.onTurn();
  }

  /** Resolves when it has ended, in whatever way. */
  async drain(): Promise<void> {
    const { life } = this;
    if (!life) return;
    this.thaw();
    // Until it serves, a signal ends it.
    if (this.state !== 'up') return this.crash();
    this.world.judgement.trace.note(this.name, 'drains');
    this.state = 'draining';
    await Promise.race([life.parts.stop(), life.gone]);
    if (this.life !== life) return;
    const held = life.parts.get(LeaseKeeper).size;
    const staged = life.parts.get(Lanes).leasedNotStarted;
    if (held + staged > 0)
      this.world.judgement.violated(
        'nothing held',
        `${this.name} has drained and holds ${held} leases, ${staged} staged`,
      );
    // Of a lease that was sent again the worker never heard; the queue of its updates goes with it.
    if (this.world.rates.resend === 0)
      for (const { id, queue, hold } of this.world.book.held())
        if (hold?.lease.holder === life.holder && sharedQueue(queue) !== MODEL_UPDATE_QUEUE)
          this.world.judgement.violated('nothing held', `${this.name} has drained and holds job ${id}`);
    this.bury(life);
  }

  private arrived(life: Life): void {
    if (this.life !== life || this.state !== 'starting') return;
    this.state = 'up';
    this.upSince = this.world.clock.now();
    this.world.judgement.trace.note(this.name, 'serves');
    this.fate.onTurn();
  }

  private holderOf(life: number): string {
    return `${this.name}.${life}`;
  }

  private bury(life: Life): void {
    life.process.kill();
    life.end();
    life.queue.disconnect();
    life.cluster.disconnect();
    this.life = undefined;
    this.state = 'down';
  }

  private live(): Life {
    const { clock, hub, registryHub, rolloutHub, config, book, devices, searches, placement, judgement } = this.world;
    const { rates, random, store, readModel, pace, spoil, spoilCluster } = this.world;
    const process = clock.process(this.holderOf(this.lives));
    const holder = process.name;
    const layer = new FaultLayer({
      process,
      random,
      rates,
      dies: (moment) => {
        if (moment === 'before') this.calls++;
        if (!this.fate.diesAt(this.calls, moment)) return false;
        this.crash();
        return true;
      },
      onFault: (what) => judgement.trace.note(this.name, what),
      onCall: (name) => this.stopIn(name),
    });
    const queue = this.world.queue.beside(process);
    const cluster = new InMemoryCluster(hub, process, config.presenceMs);
    const engine = new SimulatedEngine({ clock: process, read: readModel, pace, onCrash: () => this.crash() });
    const logger = this.logger(holder);
    const device = faultyEngine(placement.around(devices.around(engine, this.name), this.name, holder), layer);
    const module = WorkerModule.with(config, logger, {
      clock: process,
      random: { next: random },
      queue: searches.around(
        faultyQueue(book.around(spoil(queue), this.name), layer, process, this.fate.skewMs),
        this.name,
        holder,
      ),
      cluster: searches.aroundCluster(
        faultyCluster(placement.aroundCluster(spoilCluster(cluster), holder), layer),
        this.name,
      ),
      registry: new InMemoryModelRegistry(registryHub, process, holder),
      rollouts: new InMemoryRolloutBook(rolloutHub, process),
      store,
      content: new FolderContentStore(config.storeFolder),
      engines: new Engines({ onnxruntime_onnx: device, scripted: device }),
    });
    const identity: WorkerIdentity = { id: holder, host: 'simulation', pid: this.lives, startedAt: clock.now() };
    const pool = new CountingBufferPool(() => judgement.violated('buffers', `${holder} gives a buffer back twice`));
    const parts = new Parts(module, [
      { provide: WorkerIdentity, useValue: identity },
      { provide: HardExit, useValue: { now: () => this.crash() } },
      { provide: BufferPool, useValue: pool },
      ...this.world.instead,
    ]);
    const { promise: gone, resolve: end } = promiseToResolve();
    return { process, parts, queue, cluster, holder, gone, end };
  }

  private logger(who: string): Logger {
    const { trace } = this.world.judgement;
    const note = (fields: object, event: string) => trace.note(who, event, fields);
    return { debug: () => {}, info: note, warn: note, error: note, fatal: note };
  }
}

function promiseToResolve(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
