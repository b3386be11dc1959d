export * from './cluster.js';
export * from './model-state.js';
export * from './model-statistics.js';
export { InMemoryCluster, InMemoryClusterHub } from './in-memory/in-memory-cluster.js';
export { RedisCluster, type RedisClusterOptions } from './redis/redis-cluster.js';
