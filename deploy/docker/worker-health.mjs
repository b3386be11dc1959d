/**
 * Healthy while this container's worker is in the cluster and moving, seen from where it counts: Redis.
 *
 *     node deploy/docker/worker-health.mjs [seconds]    seconds: longest that it may hold one job, 120 by default
 *
 * The worker announces itself from its event loop and is forgotten after SLUICE_PRESENCE_MS of silence: one that hangs or
 * is cut off is not there. One whose device hangs is there, and holds a job for ever.
 */
import { hostname } from 'node:os';
import process from 'node:process';
import { RedisCluster } from '../../dist/libs/cluster/src/index.js';
import { compileWorkerConfig } from '../../dist/libs/config/src/index.js';
import { inferenceQueue } from '../../dist/libs/contracts/src/index.js';
import { redisConnection } from '../../dist/libs/redis-connection/src/index.js';

/** Below the check's own timeout in docker-compose.yml, so that the reason is told. */
const DEADLINE_MS = 4_000;
const mayHoldMs = Number(process.argv[2] ?? 120) * 1000;

const { redisUrl, prefix, presenceMs } = compileWorkerConfig(process.env);
let trouble = 'no answer';
const onError = (error) => (trouble = error.message);
setTimeout(() => end(`Redis: ${trouble}`), DEADLINE_MS);

try {
  end(await lookFor());
} catch (error) {
  end(error.message);
}

/** @returns what is wrong; undefined when nothing is */
async function lookFor() {
  const cluster = new RedisCluster({ redisUrl, prefix, presenceMs, onError });
  await cluster.start();
  const ours = (await cluster.workers()).filter(({ host }) => host === hostname());
  // A container that was restarted may still be known as the one that it was.
  const worker = ours.toSorted((a, b) => b.startedAt - a.startedAt)[0];
  if (!worker) return `no worker of ${hostname()} has been heard of for ${presenceMs} ms`;
  if (worker.state === 'starting') return 'its models are loading';
  return findHeld(worker);
}

/** Looks into BullMQ's list of the jobs that are being worked at. */
async function findHeld(worker) {
  const redis = redisConnection(redisUrl, 'health', onError);
  await redis.connect();
  for (const queue of worker.models.map(inferenceQueue)) {
    for (const job of await redis.lrange(`${prefix}:${queue}:active`, 0, -1)) {
      const [holder, since] = await redis.hmget(`${prefix}:${queue}:${job}`, 'pb', 'processedOn');
      const heldMs = Date.now() - Number(since);
      if (holder === worker.id && heldMs > mayHoldMs)
        return `it has held job ${job} of ${queue} for ${Math.round(heldMs / 1000)} s`;
    }
  }
  return undefined;
}

function end(reason) {
  if (reason !== undefined) console.log(`not healthy: ${reason}`);
  process.exit(reason === undefined ? 0 : 1);
}
