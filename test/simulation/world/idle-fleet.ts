import type { Provider } from '@nestjs/common';
import { InMemoryCluster, InMemoryClusterHub } from '@sluice/cluster';
import { compileWorkerConfig } from '@sluice/config';
import { SimulatedEngine } from '@sluice/inference-engine';
import { InMemoryJobQueue, JobIds, type JobQueue } from '@sluice/job-queue';
import { InMemoryModelRegistry, InMemoryRegistryHub, InMemoryRolloutBook, RolloutHub } from '@sluice/model-registry';
import { FolderContentStore, type ModelConfig } from '@sluice/model-store';
import { createLogger } from '@sluice/telemetry';
import { SimulatedClock, workerReport, type SimulatedProcess } from '@sluice/testing';
import { Engines } from '../../../apps/worker/src/execute/engines.js';
import { ModelKeeper } from '../../../apps/worker/src/lifecycle/model-keeper.js';
import { WorkerIdentity } from '../../../apps/worker/src/lifecycle/worker-identity.js';
import { WorkerModule } from '../../../apps/worker/src/worker.module.js';
import { MemoryModelStore } from './memory-model-store.js';
import { Parts } from './parts.js';
import { modelFile, payloadOf } from './request.js';

/** Requests of a full batch. */
export const BATCH = 4;
/** What a run of either model takes. */
export const RUN_MS = 100;
/** How long what came of a request is kept. */
export const KEPT_MS = 200_000;
/** What a request costs less at its owner. */
export const SAVES_MS = 150;

export interface IdleWorker {
  readonly settings?: Readonly<Record<string, string>>;
  /** Parts of the worker that are not its own. */
  readonly instead?: readonly Provider[];
  /** What a run takes by what the model says; 1 by default. */
  readonly pace?: () => number;
  /** The queue as it sees it. */
  readonly around?: (queue: JobQueue) => JobQueue;
}

/** Workers whose loops do not run: what a thief does is seen by asking it. */
export class IdleFleet {
  readonly clock = new SimulatedClock();
  private readonly hub = new InMemoryClusterHub(this.clock);
  private readonly registryHub = new InMemoryRegistryHub(this.clock);
  private readonly rolloutHub = new RolloutHub();
  private readonly config = compileWorkerConfig({ SLUICE_LOG_LEVEL: 'silent', SLUICE_PROFILE: 'off' });
  readonly queue = new InMemoryJobQueue(this.config.queue, this.clock, 0);
  private readonly ids = new JobIds(() => this.queue.now(), Math.random);
  private readonly processes = new Map<string, SimulatedProcess>();
  private jobs = 0;

  /**
   * @param model what the configuration of both models says beside how they are run
   * @param secondLoadsMs what it takes to load the second one, which nobody has at first
   */
  constructor(
    private readonly model: Partial<ModelConfig> = {},
    private readonly secondLoadsMs = 0,
  ) {}

  /** With the first model loaded, alive for the others. */
  async worker(id: string, { settings = {}, instead = [], pace, around }: IdleWorker = {}): Promise<Parts> {
    const process = this.clock.process(id);
    this.processes.set(id, process);
    const cost = { fixedMs: RUN_MS, perRowMs: 0, maxBatchSize: BATCH };
    const read = (path: string) => modelFile({ ...cost, loadMs: path === 'm2' ? this.secondLoadsMs : 0 });
    const engine = new SimulatedEngine({ clock: process, read, onCrash: () => {}, ...(pace && { pace }) });
    const cluster = new InMemoryCluster(this.hub, process, this.config.presenceMs);
    const queue = this.queue.beside(process);
    const module = WorkerModule.with(
      compileWorkerConfig({ SLUICE_LOG_LEVEL: 'silent', SLUICE_PROFILE: 'off', ...settings }),
      createLogger('worker', 'silent'),
      {
        clock: process,
        random: { next: () => 0 },
        queue: around ? around(queue) : queue,
        cluster,
        registry: new InMemoryModelRegistry(this.registryHub, process, id),
        rollouts: new InMemoryRolloutBook(this.rolloutHub, process),
        store: this.store(),
        content: new FolderContentStore('nobody looks there'),
        engines: new Engines({ onnxruntime_onnx: engine, scripted: engine }),
      },
    );
    const identity: WorkerIdentity = { id, host: 'test', pid: 1, startedAt: 0 };
    const parts = new Parts(module, [{ provide: WorkerIdentity, useValue: identity }, ...instead]);
    const models = parts.get(ModelKeeper);
    await models.discover();
    await models.load('m1');
    await cluster.join(workerReport(id));
    return parts;
  }

  /** The process of a worker. */
  process(id: string): SimulatedProcess {
    const process = this.processes.get(id);
    if (!process) throw new Error(`there is no worker ${id}`);
    return process;
  }

  async pass(ms: number): Promise<void> {
    await this.clock.run(this.clock.now() + ms);
  }

  private store(): MemoryModelStore {
    const config = {
      platform: 'scripted',
      maxBatchSize: BATCH,
      affinity: { savesMs: SAVES_MS },
      ...this.model,
    } as const;
    const models = ['m1', 'm2'].map((model) => ({ ref: { model, version: '1' }, config, path: model, bytes: 1 }));
    return new MemoryModelStore(models.map((each) => ({ ...each, fingerprint: '' })));
  }

  /** Puts jobs into a queue. @returns their ids, the oldest first */
  async enqueue(queue: string, count: number): Promise<string[]> {
    const jobs = Array.from({ length: count }, () => {
      const alike = { atMs: 0, model: 0, rows: 1, width: 2, level: 1, timeoutMs: undefined, fate: 'answer' } as const;
      const payload = payloadOf({ ...alike, number: ++this.jobs });
      return {
        id: this.ids.next(),
        label: {},
        replyTo: '',
        priority: 1,
        expiresAt: 1e9,
        payload,
        keepResultMs: KEPT_MS,
      };
    });
    await this.queue.enqueue(queue, jobs);
    return jobs.map(({ id }) => id);
  }

  /** The queue that a worker with nothing to do hears of. */
  heard(): Promise<string | undefined> {
    return this.clock.settled(this.queue.beside(this.clock).waitForWork([], 100, { offers: true }));
  }

  /** Somebody else of the same cluster. */
  member(): InMemoryCluster {
    return new InMemoryCluster(this.hub, this.clock, this.config.presenceMs);
  }
}
