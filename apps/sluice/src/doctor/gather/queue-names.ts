import { redisConnection } from '@sluice/redis-connection';

const AT_ONCE = '2000';
/** A database with more than a million keys is not searched to its end. */
const MOST_ROUNDS = 500;

/**
 * The queues that Redis holds, those included that nobody serves any more; BullMQ keeps a hash `meta` for each.
 * @returns undefined where the user may not run SCAN
 */
export async function queueNames(redisUrl: string, prefix: string): Promise<string[] | undefined> {
  const redis = redisConnection(redisUrl, 'doctor', () => {});
  const names = new Set<string>();
  try {
    let cursor = '0';
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const [next, keys] = await redis.scan(cursor, 'MATCH', `${prefix}:*:meta`, 'COUNT', AT_ONCE);
      for (const key of keys) names.add(key.slice(prefix.length + 1, -':meta'.length));
      cursor = next;
      if (cursor === '0') return [...names];
    }
    return undefined;
  } catch {
    return undefined;
  } finally {
    redis.disconnect();
  }
}
