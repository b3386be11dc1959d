import type { redisConnection } from '@sluice/redis-connection';

/** A connection to Redis, of whatever library. */
export type RedisClient = ReturnType<typeof redisConnection>;
