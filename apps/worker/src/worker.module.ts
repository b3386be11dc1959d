import { Module, type DynamicModule } from '@nestjs/common';
import { Cluster, RedisCluster } from '@sluice/cluster';
import { WorkerConfig } from '@sluice/config';
import { OnnxEngine, ScriptedEngine } from '@sluice/inference-engine';
import { BullMqJobQueue, JobQueue } from '@sluice/job-queue';
import { FolderModelStore, ModelStore } from '@sluice/model-store';
import { Logger } from '@sluice/telemetry';
import { BufferPool } from './batch/buffer-pool.js';
import { Staging } from './buffer/staging.js';
import { Device } from './execute/device.js';
import { Drive } from './execute/drive.js';
import { Engines } from './execute/engines.js';
import { Executor } from './execute/executor.js';
import { LeaseKeeper } from './lease/lease-keeper.js';
import { Sweeper } from './lease/sweeper.js';
import { ModelHost } from './lifecycle/model-host.js';
import { ModelReconciler } from './lifecycle/model-reconciler.js';
import { WorkerIdentity } from './lifecycle/worker-identity.js';
import { WorkerService } from './lifecycle/worker.service.js';
import { Feed } from './pull/feed.js';
import { Puller } from './pull/puller.js';
import { Settler } from './settle/settler.js';
import { StatisticsCollector } from './statistics/statistics-collector.js';
import { StatisticsPublisher } from './statistics/statistics-publisher.js';

/** What a worker plugs its logic into. */
export interface WorkerAdapters {
  readonly queue: JobQueue;
  readonly cluster: Cluster;
  readonly store: ModelStore;
  readonly engines: Engines;
}

/** The adapters of a real worker: BullMQ and Redis, a folder of models, onnxruntime. */
export function workerAdapters(config: WorkerConfig, logger: Logger): WorkerAdapters {
  const onError = (error: Error) => logger.warn({ reason: error.message }, 'redis_error');
  const { redisUrl, prefix, presenceMs } = config;
  return {
    queue: new BullMqJobQueue({ redisUrl, prefix, settings: config.queue, onError }),
    cluster: new RedisCluster({ redisUrl, prefix, presenceMs, onError }),
    store: new FolderModelStore(config.modelsFolder),
    engines: new Engines({ onnxruntime_onnx: new OnnxEngine(config.engine), scripted: new ScriptedEngine() }),
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
        { provide: BufferPool, useFactory: () => new BufferPool() },
        { provide: Staging, useFactory: (pool: BufferPool) => new Staging(pool), inject: [BufferPool] },
        WorkerIdentity,
        ModelHost,
        ModelReconciler,
        LeaseKeeper,
        Sweeper,
        Puller,
        Feed,
        Device,
        Executor,
        Settler,
        {
          provide: StatisticsCollector,
          useFactory: (queue: JobQueue) => new StatisticsCollector(() => queue.now()),
          inject: [JobQueue],
        },
        StatisticsPublisher,
        Drive,
        WorkerService,
      ],
    };
  }
}
