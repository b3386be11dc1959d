import { Redis, type RedisOptions } from 'ioredis';

/**
 * How every part of Sluice connects to Redis.
 *
 * Retries have no limit: what was not answered is sent again after a reconnect, and every operation bears that.
 */
export const REDIS_OPTIONS = {
  maxRetriesPerRequest: null,
  // It serves one pipeline at a time per node, so that Node and Redis alternate instead of overlapping: 35 to 45 % slower.
  enableAutoPipelining: false,
  // A network that swallows packets gives no error: this long a silence under a pending command ends the connection.
  // Longer than the longest blocking wait.
  socketTimeout: 10_000,
  keepAlive: 5_000,
  retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 1_000),
} as const satisfies RedisOptions;

/** A connection that is opened by its `connect` (or its first command). `name` is what CLIENT LIST shows. */
export function redisConnection(url: string, name: string, onError: (error: Error) => void): Redis {
  const connection = new Redis(url, { ...REDIS_OPTIONS, connectionName: `sluice:${name}`, lazyConnect: true });
  connection.on('error', onError);
  return connection;
}
