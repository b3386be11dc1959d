export { EmbeddedRedis, type EmbeddedRedisOptions, type ServerExit } from './embedded-redis.js';
export { freePort } from './free-port.js';
export { installRedis, type InstallDialogue } from './install-redis.js';
export { locateRedis } from './locate-redis.js';
export type { RedisBinary } from './redis-binary.js';
