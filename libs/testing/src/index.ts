export { describeJobQueue } from './job-queue-conformance/describe-job-queue.js';
export { CONFORMANCE_SETTINGS, type JobQueueFixture } from './job-queue-conformance/queue-under-test.js';
export type { TestRedisCluster } from './redis-cluster.js';
export { startRedis, startRedisCluster, type TestRedis, type TestRedisOptions } from './redis-server.js';
export { describeCluster, type ClusterFixture } from './cluster-conformance.js';
export { workerLoad, workerReport } from './worker-samples.js';
export { SeveringProxy } from './severing-proxy.js';
export { SimulatedClock } from './simulated-clock/simulated-clock.js';
export { SimulatedProcess } from './simulated-clock/simulated-process.js';
