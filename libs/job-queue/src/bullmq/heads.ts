import type { Redis } from 'ioredis';
import type { QueueHead } from '../job-queue.js';
import type { QueueKeys } from './keys.js';
import { RedisScript } from './redis-script.js';

const KEYS_PER_QUEUE = 5;

/**
 * The next job of each queue, as BullMQ would hand it out. A queue that hands out nothing, because it is paused or at its
 * global concurrency, has no head. A job that is not Sluice's is given up as soon as it is leased: it expires at once.
 *
 * KEYS  for each queue: wait, prioritized, delayed, meta, active
 * ARGV  1 now   2.. for each queue: what comes before an id in a job's key
 * Answers for each queue that has a head: its number, how many wait, since when the head does, when it expires.
 */
const READ = new RedisScript(`
local heads = {}
for queue = 1, #KEYS / ${KEYS_PER_QUEUE} do
  local last = queue * ${KEYS_PER_QUEUE}
  local wait, prioritized, delayed, meta, active = unpack(KEYS, last - 4, last)
  -- BullMQ's scores of delayed jobs are milliseconds with 12 bits of a counter.
  local due = redis.call('ZCOUNT', delayed, '-inf', string.format('(%.0f', (ARGV[1] + 1) * 4096))
  local waiting = redis.call('LLEN', wait) + redis.call('ZCARD', prioritized) + due
  if waiting > 0 then
    local state = redis.call('HMGET', meta, 'paused', 'concurrency')
    local isMaxed = state[2] and redis.call('LLEN', active) >= tonumber(state[2])
    if not state[1] and not isMaxed then
      local id = redis.call('LINDEX', wait, -1)
        or redis.call('ZRANGE', prioritized, 0, 0)[1]
        or redis.call('ZRANGE', delayed, 0, 0)[1]
      local job = redis.call('HMGET', ARGV[queue + 1] .. id, 'timestamp', 'data')
      local since = job[1] or '0'
      local isJson, data = pcall(cjson.decode, job[2] or '')
      local expiresAt = isJson and type(data) == 'table' and tonumber(data.expiresAt)
      heads[#heads + 1] = queue
      heads[#heads + 1] = waiting
      heads[#heads + 1] = since
      heads[#heads + 1] = expiresAt and string.format('%.3f', expiresAt) or since
    end
  end
end
return heads
`);

/** One round trip for all queues. */
export async function readHeads(redis: Redis, queues: readonly QueueKeys[], now: number): Promise<QueueHead[]> {
  if (queues.length === 0) return [];
  const keys = queues.flatMap((each) => [each.wait, each.prioritized, each.delayed, each.meta, each.active]);
  const answer = await READ.run(redis, keys, [now, ...queues.map((each) => each.job(''))]);
  const numbers = Array.isArray(answer) ? answer.map(Number) : [];
  const heads: QueueHead[] = [];
  for (let at = 0; at < numbers.length; at += 4) {
    const [number = 0, waiting = 0, enqueuedAt = 0, expiresAt = 0] = numbers.slice(at, at + 4);
    const queue = queues[number - 1]?.queue;
    if (queue !== undefined) heads.push({ queue, waiting, enqueuedAt, expiresAt });
  }
  return heads;
}
