import { join } from 'node:path';
import type { RedisBinary } from '@sluice/embedded-redis';
import { counted } from '../doctor/counted.js';
import type { ClusterPlan } from './cluster-plan.js';
import { startNodeProcess, SupervisedProcess, type Death } from '@sluice/local-cluster';
import { embeddedRedisLauncher } from './redis-process.js';
import type { Stage } from './supervisor.js';

export interface ClusterStages {
  /** In the order in which they start. */
  readonly stages: readonly Stage[];
  /** Where Redis listens. @throws Error before it does */
  redisUrl(): string;
}

export interface ClusterStagesOptions {
  readonly root: string;
  readonly plan: ClusterPlan;
  /** Undefined when the plan names a Redis that runs already. */
  readonly redis: RedisBinary | undefined;
  readonly logFile: (process: string) => string;
  readonly onDeath: (death: Death) => void;
}

/** What each stage may take to stop: less than 10 s in all, Ctrl-C's promise. */
const GRACE_MS = { redis: 1_500, workers: 4_500, api: 3_500 };

/**
 * The parts of a local cluster. They stop the other way round: the API first, so that
 * nothing new is accepted while it answers what it has accepted; then the workers drain; then Redis, its data saved.
 */
export function clusterStages({ root, plan, redis, logFile, onDeath }: ClusterStagesOptions): ClusterStages {
  let url = plan.redisUrl;
  const redisUrl = () => {
    if (url === undefined) throw new Error('Redis has not been started');
    return url;
  };
  const stages: Stage[] = [];

  if (redis) {
    const launch = embeddedRedisLauncher(redis, join(root, '.sluice', 'redis'), logFile('redis'));
    stages.push({
      title: redis.version,
      stopGraceMs: GRACE_MS.redis,
      processes: [
        new SupervisedProcess({
          name: 'redis',
          onDeath,
          launch: async () => {
            const server = await launch();
            url = server.url;
            return server;
          },
        }),
      ],
    });
  }

  const node = (
    name: string,
    app: 'api' | 'worker',
    childEnvironment: (redisUrl: string) => NodeJS.ProcessEnv,
    launcher: readonly string[] = [],
  ) =>
    new SupervisedProcess({
      name,
      onDeath,
      launch: async () => {
        const script = join(root, 'dist', 'apps', app, 'src', 'main.js');
        const env = childEnvironment(redisUrl());
        return startNodeProcess({ script, cwd: root, env, logFile: logFile(name), launcher });
      },
    });
  const { environment, workers } = plan;
  stages.push(
    {
      title: counted(workers.length, 'worker'),
      stopGraceMs: GRACE_MS.workers,
      processes: workers.map((worker) =>
        node(worker.name, 'worker', (target) => environment.worker(worker, target), worker.launcher),
      ),
    },
    { title: 'API', stopGraceMs: GRACE_MS.api, processes: [node('api', 'api', (target) => environment.api(target))] },
  );
  return { stages, redisUrl };
}
