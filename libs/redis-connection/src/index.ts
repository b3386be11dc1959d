export { REDIS_OPTIONS, redisConnection } from './redis-connection.js';
export { RedisScript, type ScriptArgument } from './redis-script.js';
export { Subscriptions } from './subscriptions.js';
