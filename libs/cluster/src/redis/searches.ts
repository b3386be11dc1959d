import type { Redis } from 'ioredis';
import type { ClusterKeys } from './keys.js';

/**
 * Counts the caller among those that search, unless too many others do. What was not ended is over by itself.
 *
 * KEYS[1] the searchers; ARGV[1] the caller, ARGV[2] how many may search, ARGV[3] for how long it counts, in ms
 */
const BEGIN = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local others = redis.call('ZCARD', KEYS[1])
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then others = others - 1 end
if others >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`;

/** Who searches for work now: what the bound on searches counts, whatever the workers told of themselves before. */
export class Searches {
  constructor(
    private readonly redis: Redis,
    private readonly keys: ClusterKeys,
  ) {}

  async begin(workerId: string, most: number, forMs: number): Promise<boolean> {
    return (await this.redis.eval(BEGIN, 1, this.keys.searchers, workerId, most, forMs)) === 1;
  }

  async end(workerId: string): Promise<void> {
    await this.redis.zrem(this.keys.searchers, workerId);
  }
}
