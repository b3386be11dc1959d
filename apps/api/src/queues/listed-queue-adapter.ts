import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { Cluster, WorkerReport } from '@sluice/cluster';
import type { Queue } from 'bullmq';

type QueueWorkers = Awaited<ReturnType<BullMQAdapter['getWorkers']>>;

/**
 * A queue on the board. Its workers are those that the cluster knows: BullMQ would look for connections that block on
 * this queue by name, and Sluice's worker waits on all of its queues with one, so that the board said "No workers" while
 * they worked.
 */
export class ListedQueueAdapter extends BullMQAdapter {
  constructor(
    queue: Queue,
    private readonly serves: (worker: WorkerReport) => boolean,
    private readonly cluster: Cluster,
  ) {
    super(queue);
  }

  override async getWorkers(): Promise<QueueWorkers> {
    const workers = await this.cluster.workers();
    return workers.filter(this.serves).map(({ id, host, pid, startedAt }) => ({
      id,
      name: id,
      addr: `${host}, process ${pid}`,
      age: Math.round((Date.now() - startedAt) / 1000),
    }));
  }
}
