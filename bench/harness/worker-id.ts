import type { ClusterProcess } from '@sluice/local-cluster';
import { readEvents } from './log-events.js';

/** Under which the queues, and its peers, know a worker. @throws Error when it has not joined */
export function workerIdOf(worker: ClusterProcess): string {
  const [joined] = readEvents<{ readonly workerId: string }>(worker.log(), 'worker_joined');
  if (!joined) throw new Error(`${worker.name} has not joined`);
  return joined.workerId;
}
