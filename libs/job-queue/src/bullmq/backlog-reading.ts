import type { Redis } from 'ioredis';
import type { QueueKeys } from './keys.js';
import { endOfLevel } from './levels.js';
import { RedisScript } from './redis-script.js';

/** All of a queue of this length are looked at, and of a longer one so many: their mean stands for the others. */
const SAMPLE = 64;

/**
 * What waits in a queue. The size of a payload is that of its own key, of the job's field or of the base64 in its data; where
 * none has one the job is not Sluice's.
 *
 * KEYS  1 wait   2 prioritized   3 delayed   4 meta
 * ARGV  1 size of the sample   2 what comes before an id in a job's key   3 the same of its payload
 *       4.. the end of each level that is asked about, as a bound of scores
 * Answers waiting, bytes, paused, and for each level the jobs up to its end.
 */
const READ = new RedisScript(`
local others = redis.call('LLEN', KEYS[1]) + redis.call('ZCARD', KEYS[3])
local waiting = redis.call('ZCARD', KEYS[2])
local bytes, sampled = 0, 0
if waiting > 0 then
  for _, id in ipairs(redis.call('ZRANDMEMBER', KEYS[2], ARGV[1])) do
    local size = redis.call('STRLEN', ARGV[3] .. id)
    if size == 0 then size = redis.call('HSTRLEN', ARGV[2] .. id, 'payload') end
    if size == 0 then
      local data = redis.call('HGET', ARGV[2] .. id, 'data') or ''
      local base64 = string.match(data, '"payload":{"base64":"([^"]*)"') or ''
      size = #base64 * 3 / 4 - #string.match(base64, '=*$')
    end
    bytes = bytes + size
    sampled = sampled + 1
  end
  bytes = bytes / sampled * (waiting + others)
end
local answer = { waiting + others, bytes, redis.call('HEXISTS', KEYS[4], 'paused') }
for index = 4, #ARGV do
  answer[index] = others + redis.call('ZCOUNT', KEYS[2], '-inf', ARGV[index])
end
return answer
`);

export interface BacklogReading {
  readonly waiting: number;
  readonly bytes: number;
  readonly paused: boolean;
  /** For each level that was asked about. */
  readonly ahead: ReadonlyMap<number, number>;
}

/** One round trip, however long the queue is. */
export async function readBacklog(redis: Redis, keys: QueueKeys, levels: readonly number[]): Promise<BacklogReading> {
  const answer = await READ.run(
    redis,
    [keys.wait, keys.prioritized, keys.delayed, keys.meta],
    [SAMPLE, keys.job(''), keys.payload(''), ...levels.map(endOfLevel)],
  );
  const [waiting = 0, bytes = 0, paused = 0, ...ahead] = numbersOf(answer);
  return {
    waiting,
    bytes,
    paused: paused === 1,
    ahead: new Map(levels.map((level, index) => [level, ahead[index] ?? 0])),
  };
}

function numbersOf(answer: unknown): number[] {
  return Array.isArray(answer) ? answer.map(Number) : [];
}
