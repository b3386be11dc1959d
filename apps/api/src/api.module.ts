import { Global, Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Clock, SystemClock } from '@sluice/clock';
import { Cluster, RedisCluster } from '@sluice/cluster';
import { ApiConfig } from '@sluice/config';
import { BatchedJobQueue, JobQueue } from '@sluice/job-queue';
import { ModelRegistry, RedisModelRegistry, RedisRolloutBook, RolloutBook } from '@sluice/model-registry';
import { ContentStore, FolderContentStore } from '@sluice/model-store';
import { Logger } from '@sluice/telemetry';
import { Admission } from './admission/admission.js';
import { LoadWatch } from './admission/load-watch.js';
import { ClusterController } from './cluster/cluster.controller.js';
import { WorkersController } from './cluster/workers.controller.js';
import { ClusterWatch } from './cluster/cluster-watch.js';
import { HealthController } from './health/health.controller.js';
import { RootController } from './health/root.controller.js';
import { ErrorFilter } from './http/error-filter.js';
import { Refusals } from './http/refusals.js';
import { InferCodec } from './inference/codec/infer-codec.js';
import { InferController } from './inference/infer.controller.js';
import { InferenceService } from './inference/inference.service.js';
import { ApiIdentity } from './jobs/api-identity.js';
import { JobRunner } from './jobs/job-runner.js';
import { JobsController } from './jobs/jobs.controller.js';
import { JobsService } from './jobs/jobs.service.js';
import { ShutdownDeadline } from './lifecycle/shutdown-deadline.js';
import { ModelsModule } from './models/models.module.js';
import { ProfilesController } from './profiles/profiles.controller.js';
import { ProfilesService } from './profiles/profiles.service.js';
import { Affinity } from './placement/affinity.js';
import { QueuesModule } from './queues/queues.module.js';
import { RepositoryController } from './repository/repository.controller.js';
import { RepositoryService } from './repository/repository.service.js';
import { UnloadedQueues } from './repository/unloaded-queues.js';
import { RolloutsModule } from './rollouts/rollouts.module.js';
import { StatisticsController } from './statistics/statistics.controller.js';

/** What every module of the API may ask for: configuration, telemetry, and the ports bound to their adapters. */
@Global()
@Module({})
class PortsModule {
  static with(config: ApiConfig, logger: Logger): DynamicModule {
    const onError = (error: Error) => logger.warn({ reason: error.message }, 'redis_error');
    const { redisUrl, prefix, presenceMs, storeFolder } = config;
    return {
      module: PortsModule,
      providers: [
        { provide: ApiConfig, useValue: config },
        { provide: Logger, useValue: logger },
        { provide: Clock, useClass: SystemClock },
        { provide: JobQueue, useValue: new BatchedJobQueue({ redisUrl, prefix, settings: config.queue, onError }) },
        { provide: Cluster, useValue: new RedisCluster({ redisUrl, prefix, presenceMs, onError }) },
        { provide: ModelRegistry, useValue: new RedisModelRegistry({ redisUrl, prefix, onError }) },
        { provide: RolloutBook, useValue: new RedisRolloutBook({ redisUrl, prefix, onError }) },
        { provide: ContentStore, useValue: new FolderContentStore(storeFolder) },
      ],
      exports: [ApiConfig, Logger, Clock, JobQueue, Cluster, ModelRegistry, RolloutBook, ContentStore],
    };
  }
}

/** The parts of the API, in the order in which a request meets them. */
@Module({})
export class ApiModule {
  static with(config: ApiConfig, logger: Logger, refusals: Refusals): DynamicModule {
    return {
      module: ApiModule,
      imports: [PortsModule.with(config, logger), ModelsModule, RolloutsModule, QueuesModule.with(config, logger)],
      controllers: [
        InferController,
        JobsController,
        HealthController,
        RootController,
        RepositoryController,
        StatisticsController,
        ProfilesController,
        ClusterController,
        WorkersController,
      ],
      providers: [
        InferenceService,
        InferCodec,
        LoadWatch,
        Admission,
        Affinity,
        JobRunner,
        JobsService,
        ProfilesService,
        ClusterWatch,
        { provide: Refusals, useValue: refusals },
        RepositoryService,
        UnloadedQueues,
        ApiIdentity,
        ShutdownDeadline,
        { provide: APP_FILTER, useClass: ErrorFilter },
      ],
    };
  }
}
