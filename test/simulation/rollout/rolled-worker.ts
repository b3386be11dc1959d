import type { Provider } from '@nestjs/common';
import { InMemoryCluster, type Cluster, type InMemoryClusterHub } from '@sluice/cluster';
import { compileWorkerConfig } from '@sluice/config';
import type { StageResult } from '@sluice/contracts';
import { SimulatedEngine } from '@sluice/inference-engine';
import type { InMemoryJobQueue } from '@sluice/job-queue';
import {
  InMemoryModelRegistry,
  InMemoryRolloutBook,
  type InMemoryRegistryHub,
  type RolloutHub,
} from '@sluice/model-registry';
import { FolderContentStore, type ModelStore } from '@sluice/model-store';
import type { Logger } from '@sluice/telemetry';
import type { SimulatedClock, SimulatedProcess } from '@sluice/testing';
import { Engines } from '../../../apps/worker/src/execute/engines.js';
import { HardExit } from '../../../apps/worker/src/lifecycle/hard-exit.js';
import { WorkerIdentity } from '../../../apps/worker/src/lifecycle/worker-identity.js';
import { finishedWork } from '../../../apps/worker/src/update/stages/finished-work.js';
import { GoldenStage } from '../../../apps/worker/src/update/stages/golden-stage.js';
import { SandboxStage } from '../../../apps/worker/src/update/stages/sandbox-stage.js';
import { VerifyStage } from '../../../apps/worker/src/update/stages/verify-stage.js';
import { WorkerModule } from '../../../apps/worker/src/worker.module.js';
import { FaultLayer, type FaultRates } from '../world/fault-layer.js';
import { faultyCluster, faultyEngine, faultyQueue } from '../world/faulty-ports.js';
import { Parts } from '../world/parts.js';
import { SIGNATURE } from './versions.js';

/** Parts of the system that are not its own: planted bugs. */
export interface RolloutPlants {
  /** Of a worker, by its id. */
  readonly instead?: (id: string) => readonly Provider[];
  readonly cluster?: (cluster: Cluster) => Cluster;
  /** The API hears nothing of changes. */
  readonly isApiDeaf?: boolean;
}

export interface RolledWorld {
  readonly clock: SimulatedClock;
  readonly queue: InMemoryJobQueue;
  readonly hub: InMemoryClusterHub;
  readonly registryHub: InMemoryRegistryHub;
  readonly rolloutHub: RolloutHub;
  readonly store: ModelStore;
  readonly readModel: (path: string) => string;
  readonly rates: FaultRates;
  readonly random: () => number;
  readonly plants: RolloutPlants;
  readonly note: (who: string, what: string, fields: object) => void;
}

/** A file is judged elsewhere; here it is whole, opens and answers well. */
const RESULTS: readonly StageResult[] = [
  { kind: 'verify', files: 1, bytes: 1 },
  { kind: 'sandbox', signature: SIGNATURE, openMs: 1, peakBytes: 1 },
  { kind: 'golden', items: 1, wrong: 0, examples: [] },
];
const RESTART_AFTER_MS = 500;
const STAGES = [VerifyStage, SandboxStage, GoldenStage];

/** A worker with all of its parts that can be killed, stopped and started again. */
export class RolledWorker {
  private life: { process: SimulatedProcess; queue: InMemoryJobQueue; cluster: InMemoryCluster } | undefined;
  private lives = 0;

  constructor(
    private readonly name: string,
    private readonly world: RolledWorld,
  ) {}

  get id(): string | undefined {
    return this.life?.process.name;
  }

  start(): void {
    if (this.life) return;
    const { clock, hub, note } = this.world;
    const process = clock.process(`${this.name}.${++this.lives}`);
    const queue = this.world.queue.beside(process);
    const config = compileWorkerConfig({ SLUICE_LOG_LEVEL: 'silent', SLUICE_PROFILE: 'off' });
    const cluster = new InMemoryCluster(hub, process, config.presenceMs);
    this.life = { process, queue, cluster };
    note(process.name, 'starts', {});
    this.parts(process, queue, cluster)
      .start()
      .catch((error: unknown) => note(process.name, 'does not start', { reason: String(error) }));
  }

  crash(): void {
    const { life } = this;
    if (!life) return;
    this.world.note(life.process.name, 'dies', {});
    life.process.kill();
    life.queue.disconnect();
    life.cluster.disconnect();
    this.life = undefined;
  }

  /** It ends by itself, and whoever watches over it starts it again. */
  private restart(): void {
    this.crash();
    this.world.clock.after(RESTART_AFTER_MS, () => this.start());
  }

  freeze(forMs: number): void {
    const process = this.life?.process;
    if (!process) return;
    this.world.note(process.name, 'is stopped', { forMs });
    process.freeze();
    this.world.clock.after(forMs, () => process.thaw());
  }

  private parts(process: SimulatedProcess, queue: InMemoryJobQueue, cluster: InMemoryCluster): Parts {
    const { registryHub, rolloutHub, store, readModel, rates, random, plants, note } = this.world;
    const config = compileWorkerConfig({ SLUICE_LOG_LEVEL: 'silent', SLUICE_PROFILE: 'off' });
    const layer = new FaultLayer({ process, random, rates, dies: () => false, onFault: () => {} });
    const simulated = new SimulatedEngine({ clock: process, read: readModel, onCrash: () => this.restart() });
    const engine = faultyEngine(simulated, layer);
    const tell = (fields: object, event: string) => note(process.name, event, fields);
    const logger: Logger = { debug: () => {}, info: tell, warn: tell, error: tell, fatal: tell };
    const registry = new InMemoryModelRegistry(registryHub, process, process.name);
    const module = WorkerModule.with(config, logger, {
      clock: process,
      random: { next: random },
      queue: faultyQueue(queue, layer, process, () => 0),
      cluster: faultyCluster(plants.cluster?.(cluster) ?? cluster, layer),
      registry: layer.around(registry, ['start', 'stop', 'watch']),
      rollouts: layer.around(new InMemoryRolloutBook(rolloutHub, process), ['start', 'stop', 'watch']),
      store,
      content: new FolderContentStore('nobody looks there'),
      engines: new Engines({ onnxruntime_onnx: engine, scripted: engine }),
    });
    const identity: WorkerIdentity = {
      id: process.name,
      host: 'simulation',
      pid: this.lives,
      startedAt: process.now(),
    };
    const stages = STAGES.map((stage, index) => {
      const result = RESULTS[index] as StageResult;
      return { provide: stage, useValue: { kind: result.kind, prepare: async () => finishedWork(result) } };
    });
    return new Parts(module, [
      { provide: WorkerIdentity, useValue: identity },
      { provide: HardExit, useValue: { now: () => this.restart() } },
      ...stages,
      ...(plants.instead?.(process.name) ?? []),
    ]);
  }
}
