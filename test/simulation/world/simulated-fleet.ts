import { seededRandom } from '@sluice/onnx-writer';
import { modelName, type Crash, type Scenario } from '../scenario.js';
import type { CallMoment } from './fault-layer.js';
import { MemoryModelStore } from './memory-model-store.js';
import { modelFile } from './request.js';
import { SimulatedWorker } from './simulated-worker.js';
import type { WorkerWorld } from './worker-world.js';

/** How soon after its end a worker is started again that no plan says anything about. */
const RESTART_AFTER_MS = 500;

export interface FleetEvents {
  readonly onDeath: (worker: SimulatedWorker) => void;
  /** A worker has died, was stopped, goes on, or serves. */
  readonly onTurn: () => void;
}

/** The workers of a scenario, each with the fate that the scenario has in store for it. */
export class SimulatedFleet {
  readonly workers: readonly SimulatedWorker[];
  private readonly skews: number[];

  constructor(
    private readonly scenario: Scenario,
    private readonly surroundings: Omit<WorkerWorld, 'store' | 'readModel' | 'random' | 'rates' | 'pace'>,
    private readonly events: FleetEvents,
  ) {
    this.skews = Array.from({ length: scenario.workers }, () => 0);
    this.workers = this.skews.map((_, index) => this.worker(index));
  }

  /** From now on a worker's idea of the queue's clock is off by so much. */
  skew(worker: number, byMs: number): void {
    this.skews[worker] = byMs;
  }

  private worker(index: number): SimulatedWorker {
    const { seed, rates, costNoise, crashes, models } = this.scenario;
    const random = seededRandom(seed + 1_000 * (index + 1));
    const own = crashes.filter(({ worker }) => worker === index);
    const world: WorkerWorld = {
      ...this.surroundings,
      store: this.store(),
      readModel: (path) => modelFile(models[Number(path)]!),
      random,
      rates,
      pace: () => 1 + costNoise * random(),
    };
    const worker: SimulatedWorker = new SimulatedWorker(index, world, {
      diesAt: deathsOf(own),
      onTurn: this.events.onTurn,
      onDeath: () => {
        this.events.onDeath(worker);
        world.clock.after(own[0]?.restartAfterMs ?? RESTART_AFTER_MS, () => worker.start());
      },
      skewMs: () => this.skews[index] ?? 0,
    });
    return worker;
  }

  private store(): MemoryModelStore {
    return new MemoryModelStore(
      this.scenario.models.map(({ maxBatchSize, shareClass, savesMs, bytes = 0 }, model) => ({
        ref: { model: modelName(model), version: '1' },
        config: {
          platform: 'scripted',
          maxBatchSize,
          shareClass,
          affinity: savesMs === undefined ? undefined : { savesMs },
          memoryBytes: bytes,
        },
        path: String(model),
        bytes,
        fingerprint: String(model),
      })),
    );
  }
}

/** Each crash that is planned for a call happens once: the worker that comes after counts on. */
function deathsOf(planned: readonly Crash[]): (call: number, moment: CallMoment) => boolean {
  const over = new Set<Crash>();
  return (call, moment) => {
    const due = planned.find(({ when }) => 'call' in when && when.call === call && when.moment === moment);
    if (!due || over.has(due)) return false;
    over.add(due);
    return true;
  };
}
