import { Module, type DynamicModule } from '@nestjs/common';
import { Clock, SystemClock } from '@sluice/clock';
import { Cluster, RedisCluster } from '@sluice/cluster';
import { WorkerConfig } from '@sluice/config';
import { OnnxEngine, ScriptedEngine } from '@sluice/inference-engine';
import { BatchedJobQueue, JobQueue } from '@sluice/job-queue';
import { FolderModelStore, ModelStore } from '@sluice/model-store';
import { Logger } from '@sluice/telemetry';
import { BufferPool } from './batch/buffer-pool.js';
import { Device } from './execute/device.js';
import { DeviceLoop } from './execute/device-loop.js';
import { Engines } from './execute/engines.js';
import { Executor } from './execute/executor.js';
import { Lanes } from './execute/lanes.js';
import { HandOff } from './hand-off/hand-off.js';
import { MemoryMeter } from './hand-off/memory-meter.js';
import { StallWatch } from './hand-off/stall-watch.js';
import { LeaseKeeper } from './lease/lease-keeper.js';
import { Sweeper } from './lease/sweeper.js';
import { HardExit } from './lifecycle/hard-exit.js';
import { ModelHost } from './lifecycle/model-host.js';
import { ModelReconciler } from './lifecycle/model-reconciler.js';
import { Peers } from './lifecycle/peers.js';
import { Random, SystemRandom } from './lifecycle/random.js';
import { WorkerIdentity } from './lifecycle/worker-identity.js';
import { WorkerService } from './lifecycle/worker.service.js';
import { AssignedModels } from './placement/assigned-models.js';
import { Coordinator } from './placement/coordinator.js';
import { MemoryReader } from './placement/memory-reader.js';
import { ModelSizes } from './placement/model-sizes.js';
import { Feed } from './pull/feed.js';
import { Puller } from './pull/puller.js';
import { Settler } from './settle/settler.js';
import { LoadReader } from './statistics/load-reader.js';
import { LoadTeller } from './statistics/load-teller.js';
import { SchedTracer } from './statistics/sched-tracer.js';
import { StatisticsCollector } from './statistics/statistics-collector.js';
import { StatisticsPublisher } from './statistics/statistics-publisher.js';
import { Thief } from './steal/thief.js';
import { ProfileRequests } from './update/profile-requests.js';
import { Profiler } from './update/profiler.js';
import { UpdateIntake } from './update/update-intake.js';
import { UpdateLane } from './update/update-lane.js';
import type { UpdateStage } from './update/update-stage.js';
import { UpdateStages } from './update/update-stages.js';

/** What a worker plugs its logic into. */
export interface WorkerAdapters {
  readonly queue: JobQueue;
  readonly cluster: Cluster;
  readonly store: ModelStore;
  readonly engines: Engines;
  readonly clock: Clock;
  readonly random: Random;
}

/** The adapters of a real worker: BullMQ and Redis, a folder of models, onnxruntime. */
export function workerAdapters(config: WorkerConfig, logger: Logger): WorkerAdapters {
  const onError = (error: Error) => logger.warn({ reason: error.message }, 'redis_error');
  const { redisUrl, prefix, presenceMs } = config;
  return {
    queue: new BatchedJobQueue({ redisUrl, prefix, settings: config.queue, onError }),
    cluster: new RedisCluster({ redisUrl, prefix, presenceMs, onError }),
    store: new FolderModelStore(config.modelsFolder),
    engines: new Engines({ onnxruntime_onnx: new OnnxEngine(config.engine), scripted: new ScriptedEngine() }),
    clock: new SystemClock(),
    random: new SystemRandom(),
  };
}

/** The parts of a worker, in the order in which a job meets them. */
@Module({})
export class WorkerModule {
  static with(config: WorkerConfig, logger: Logger, adapters: WorkerAdapters): DynamicModule {
    return {
      module: WorkerModule,
      providers: [
        { provide: WorkerConfig, useValue: config },
        { provide: Logger, useValue: logger },
        { provide: JobQueue, useValue: adapters.queue },
        { provide: Cluster, useValue: adapters.cluster },
        { provide: ModelStore, useValue: adapters.store },
        { provide: Engines, useValue: adapters.engines },
        { provide: Clock, useValue: adapters.clock },
        { provide: Random, useValue: adapters.random },
        { provide: BufferPool, useFactory: () => new BufferPool() },
        WorkerIdentity,
        HardExit,
        AssignedModels,
        ModelSizes,
        MemoryReader,
        Coordinator,
        ModelHost,
        ModelReconciler,
        LeaseKeeper,
        Sweeper,
        Puller,
        Peers,
        Thief,
        HandOff,
        MemoryMeter,
        StallWatch,
        Feed,
        Device,
        DeviceLoop,
        Executor,
        Lanes,
        UpdateLane,
        UpdateIntake,
        Profiler,
        {
          provide: UpdateStages,
          useFactory: (...stages: UpdateStage[]) => new UpdateStages(stages),
          inject: [Profiler],
        },
        ProfileRequests,
        Settler,
        {
          provide: StatisticsCollector,
          useFactory: (queue: JobQueue) => new StatisticsCollector(() => queue.now()),
          inject: [JobQueue],
        },
        StatisticsPublisher,
        LoadReader,
        LoadTeller,
        SchedTracer,
        WorkerService,
      ],
    };
  }
}
