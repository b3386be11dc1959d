export { CONFORMANCE_SETTINGS, describeJobQueue, type JobQueueFixture } from './job-queue-conformance.js';
export { startRedis, type TestRedis, type TestRedisOptions } from './redis-server.js';
export { describeCluster, workerReport, type ClusterFixture } from './cluster-conformance.js';
