import { RedisCluster } from '@sluice/cluster';
import type { ApiConfig, WorkerConfig } from '@sluice/config';
import { inferenceQueue, messageOf, MODEL_UPDATE_QUEUE, type ModelRef } from '@sluice/contracts';
import { BullMqJobQueue } from '@sluice/job-queue';
import type { ClusterFacts, QueueFacts } from '../facts.js';
import { queueNames } from './queue-names.js';

const REF = /^inference\.(?<model>[^.]+)\.(?<version>\d+)$/;

type SharedConfig = Pick<ApiConfig & WorkerConfig, 'redisUrl' | 'prefix' | 'presenceMs' | 'queue'>;

/** @returns why it could not be read, when it could not */
export async function gatherCluster(config: SharedConfig): Promise<ClusterFacts | string> {
  const { redisUrl, prefix, presenceMs, queue: settings } = config;
  const onError = () => {};
  const cluster = new RedisCluster({ redisUrl, prefix, presenceMs, onError });
  const queue = new BullMqJobQueue({ redisUrl, prefix, settings, onError });
  try {
    await Promise.all([cluster.start(), queue.start()]);
    const [workers, wishes, found] = await Promise.all([
      cluster.workers(),
      cluster.modelStates(),
      queueNames(redisUrl, prefix),
    ]);
    const served = workers.flatMap(({ models }) => models.filter(({ state }) => state === 'ready'));
    const names = new Set([...served.map(inferenceQueue), ...(found ?? [])]);
    const queues = [...names].filter((name) => name === MODEL_UPDATE_QUEUE || refOf(name)).toSorted();
    return {
      workers: workers.toSorted((a, b) => a.id.localeCompare(b.id)),
      wishes,
      queues: await Promise.all(queues.map((name) => look(queue, name))),
      isComplete: found !== undefined,
      maxWaiting: settings.maxWaiting,
    };
  } catch (error) {
    return messageOf(error);
  } finally {
    await Promise.all([cluster.stop(), queue.stop()]);
  }
}

async function look(queue: BullMqJobQueue, name: string): Promise<QueueFacts> {
  const { waiting, active, paused } = await queue.counts(name);
  return { name, ref: refOf(name), waiting, active, paused };
}

function refOf(queue: string): ModelRef | undefined {
  const { model, version } = REF.exec(queue)?.groups ?? {};
  return model !== undefined && version !== undefined ? { model, version } : undefined;
}
