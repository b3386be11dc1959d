export { REDIS_OPTIONS, redisConnection } from './redis-connection.js';
