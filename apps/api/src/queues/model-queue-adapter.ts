import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { Cluster } from '@sluice/cluster';
import type { ModelRef } from '@sluice/contracts';
import type { Queue } from 'bullmq';

type QueueWorkers = Awaited<ReturnType<BullMQAdapter['getWorkers']>>;

/**
 * A model's queue on the board. Its workers are those that the cluster knows: BullMQ would look for connections that
 * block on this queue by name, and Sluice's worker waits on all of its queues with one, so that the board said "No
 * workers" while they worked.
 */
export class ModelQueueAdapter extends BullMQAdapter {
  constructor(
    queue: Queue,
    private readonly ref: ModelRef,
    private readonly cluster: Cluster,
  ) {
    super(queue);
  }

  override async getWorkers(): Promise<QueueWorkers> {
    const workers = await this.cluster.workers();
    const serving = workers.filter(({ models }) => models.some((report) => isReady(report, this.ref)));
    return serving.map(({ id, host, pid, startedAt }) => ({
      id,
      name: id,
      addr: `${host}, process ${pid}`,
      age: Math.round((Date.now() - startedAt) / 1000),
    }));
  }
}

function isReady(report: ModelRef & { readonly state: string }, { model, version }: ModelRef): boolean {
  return report.state === 'ready' && report.model === model && report.version === version;
}
