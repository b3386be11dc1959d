import { RedisScript } from '@sluice/redis-connection';
import type { Redis } from 'ioredis';
import type { QueueHead } from '../job-queue.js';
import type { QueueKeys } from './keys.js';

const HEADS = RedisScript.from(new URL('./scripts/heads.lua', import.meta.url));

/** The next job of each queue that has one to hand out: one round trip for all. */
export async function readHeads(redis: Redis, queues: readonly QueueKeys[], now: number): Promise<QueueHead[]> {
  if (queues.length === 0) return [];
  const keys = queues.flatMap((each) => [each.wait, each.prioritized, each.delayed, each.meta, each.active]);
  const answer = await HEADS.run(redis, keys, [now, ...queues.map((each) => each.job(''))]);
  const numbers = Array.isArray(answer) ? answer.map(Number) : [];
  const heads: QueueHead[] = [];
  for (let at = 0; at < numbers.length; at += 4) {
    const [number = 0, waiting = 0, enqueuedAt = 0, expiresAt = 0] = numbers.slice(at, at + 4);
    const queue = queues[number - 1]?.queue;
    if (queue !== undefined) heads.push({ queue, waiting, enqueuedAt, expiresAt });
  }
  return heads;
}
