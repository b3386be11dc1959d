import { join } from 'node:path';
import { Module, type DynamicModule } from '@nestjs/common';
import { Clock, SystemClock } from '@sluice/clock';
import { Cluster, RedisCluster } from '@sluice/cluster';
import { WorkerConfig } from '@sluice/config';
import { OnnxEngine, ScriptedEngine } from '@sluice/inference-engine';
import { BatchedJobQueue, JobQueue } from '@sluice/job-queue';
import { ModelRegistry, RedisModelRegistry, RedisRolloutBook, RolloutBook } from '@sluice/model-registry';
import { ContentStore, FolderContentStore, FolderModelStore, LayeredModelStore, ModelStore } from '@sluice/model-store';
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
import { InheritedQueues } from './lifecycle/inherited-queues.js';
import { ModelHost } from './lifecycle/model-host.js';
import { ModelKeeper } from './lifecycle/model-keeper.js';
import { ModelLoader } from './lifecycle/model-loader.js';
import { ModelReconciler } from './lifecycle/model-reconciler.js';
import { Peers } from './lifecycle/peers.js';
import { Random, SystemRandom } from './lifecycle/random.js';
import { RegisteredVersions } from './lifecycle/registered-versions.js';
import { Retirements } from './lifecycle/retirements.js';
import { WantedVersions } from './lifecycle/wanted-versions.js';
import { WorkerIdentity } from './lifecycle/worker-identity.js';
import { WorkerService } from './lifecycle/worker.service.js';
import { AssignedModels } from './placement/assigned-models.js';
import { Coordinator } from './placement/coordinator.js';
import { MemoryReader } from './placement/memory-reader.js';
import { ModelRoom } from './placement/model-room.js';
import { ModelSizes } from './placement/model-sizes.js';
import { Feed } from './pull/feed.js';
import { Puller } from './pull/puller.js';
import { RolloutController } from './rollout/rollout-controller.js';
import { RolloutEffects } from './rollout/rollout-effects.js';
import { RolloutSight } from './rollout/rollout-sight.js';
import { Settler } from './settle/settler.js';
import { ArmCounter } from './statistics/arm-counter.js';
import { LoadReader } from './statistics/load-reader.js';
import { LoadTeller } from './statistics/load-teller.js';
import { SchedTracer } from './statistics/sched-tracer.js';
import { StatisticsCollector } from './statistics/statistics-collector.js';
import { StatisticsPublisher } from './statistics/statistics-publisher.js';
import { Sandbox } from './sandbox/sandbox.js';
import { Thief } from './steal/thief.js';
import { Introducer } from './update/introducer.js';
import { IntroductionBoard } from './update/introduction-board.js';
import { Introductions } from './update/introductions.js';
import { ProfileRequests } from './update/profile-requests.js';
import { Profiler } from './update/profiler.js';
import { GoldenStage } from './update/stages/golden-stage.js';
import { SandboxStage } from './update/stages/sandbox-stage.js';
import { VerifyStage } from './update/stages/verify-stage.js';
import { UpdateIntake } from './update/update-intake.js';
import { UpdateLane } from './update/update-lane.js';
import type { UpdateStage } from './update/update-stage.js';
import { UpdateStages } from './update/update-stages.js';

/** What a worker plugs its logic into. */
export interface WorkerAdapters {
  readonly queue: JobQueue;
  readonly cluster: Cluster;
  readonly registry: ModelRegistry;
  readonly rollouts: RolloutBook;
  readonly store: ModelStore;
  readonly content: ContentStore;
  readonly engines: Engines;
  readonly clock: Clock;
  readonly random: Random;
}

/** The adapters of a real worker: BullMQ and Redis, a folder of models, onnxruntime. */
export function workerAdapters(config: WorkerConfig, logger: Logger): WorkerAdapters {
  const onError = (error: Error) => logger.warn({ reason: error.message }, 'redis_error');
  const { redisUrl, prefix, presenceMs } = config;
  const content = new FolderContentStore(config.storeFolder);
  return {
    queue: new BatchedJobQueue({ redisUrl, prefix, settings: config.queue, onError }),
    cluster: new RedisCluster({ redisUrl, prefix, presenceMs, onError }),
    registry: new RedisModelRegistry({ redisUrl, prefix, onError }),
    rollouts: new RedisRolloutBook({ redisUrl, prefix, onError }),
    store: new LayeredModelStore(
      new FolderModelStore(config.modelsFolder),
      content,
      join(config.storeFolder, 'versions'),
    ),
    content,
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
        { provide: ModelRegistry, useValue: adapters.registry },
        { provide: RolloutBook, useValue: adapters.rollouts },
        { provide: ModelStore, useValue: adapters.store },
        { provide: ContentStore, useValue: adapters.content },
        { provide: Engines, useValue: adapters.engines },
        { provide: Clock, useValue: adapters.clock },
        { provide: Random, useValue: adapters.random },
        { provide: BufferPool, useFactory: () => new BufferPool() },
        WorkerIdentity,
        HardExit,
        AssignedModels,
        ModelSizes,
        ModelRoom,
        MemoryReader,
        Coordinator,
        ModelHost,
        ModelLoader,
        ModelKeeper,
        RegisteredVersions,
        WantedVersions,
        Retirements,
        InheritedQueues,
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
        Introducer,
        IntroductionBoard,
        Introductions,
        Profiler,
        VerifyStage,
        Sandbox,
        SandboxStage,
        GoldenStage,
        {
          provide: UpdateStages,
          useFactory: (...stages: UpdateStage[]) => new UpdateStages(stages),
          inject: [Profiler, Introducer, VerifyStage, SandboxStage, GoldenStage],
        },
        ProfileRequests,
        RolloutSight,
        RolloutEffects,
        RolloutController,
        Settler,
        ArmCounter,
        {
          provide: StatisticsCollector,
          useFactory: (queue: JobQueue, arms: ArmCounter) => new StatisticsCollector(() => queue.now(), arms),
          inject: [JobQueue, ArmCounter],
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
