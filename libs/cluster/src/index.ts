export * from './cluster.js';
export * from './model-assignment.js';
export * from './model-state.js';
export * from './model-statistics.js';
export type { ClassLoad, MemoryLoad, MemoryModel, ModelCost, WorkerLoad } from './worker-load.js';
export { InMemoryCluster } from './in-memory/in-memory-cluster.js';
export { InMemoryClusterHub } from './in-memory/in-memory-cluster-hub.js';
export { RedisCluster, type RedisClusterOptions } from './redis/redis-cluster.js';
