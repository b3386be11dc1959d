import { describeCluster } from '@sluice/testing';
import { InMemoryCluster, InMemoryClusterHub } from './in-memory-cluster.js';

describeCluster('the in-memory adapter', async () => {
  const hub = new InMemoryClusterHub();
  return { member: async () => new InMemoryCluster(hub), close: async () => {} };
});
