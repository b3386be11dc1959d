export { LocalCluster, type ClusterProcess, type LocalClusterOptions } from './local-cluster.js';
export { startNodeProcess, type NodeProcessOptions } from './node-process.js';
export { waitUntilReady } from './readiness.js';
export { stopWithParent } from './stop-with-parent.js';
export { SupervisedProcess, type Death } from './supervised-process.js';
export { describeExit, type ProcessExit, type RunningProcess } from './running-process.js';
