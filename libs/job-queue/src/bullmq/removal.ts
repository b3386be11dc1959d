import { Job } from 'bullmq';
import type { CancelOutcome } from '../job-queue.js';
import type { ByteStore } from './byte-store.js';
import type { QueueHandles } from './queue-handles.js';
import { parseReturnValue } from './stored-job.js';

/** Takes jobs out on request: before they started, or after they ended. Never while somebody holds them. */
export class Removal {
  constructor(
    private readonly handles: QueueHandles,
    private readonly bytes: ByteStore,
  ) {}

  cancel(queue: string, jobIds: readonly string[]): Promise<CancelOutcome[]> {
    const handle = this.handles.of(queue);
    return Promise.all(
      jobIds.map(async (id) => {
        const job = await Job.fromId(handle.queue, id);
        if (!job || job.finishedOn !== undefined) return 'ended';
        // BullMQ refuses (0) where a worker holds the lock.
        if ((await handle.queue.remove(id)) === 0) return 'started';
        await this.bytes.remove([handle.keys.payload(id)]);
        return 'cancelled';
      }),
    );
  }

  async forget(queue: string, jobIds: readonly string[]): Promise<void> {
    const handle = this.handles.of(queue);
    await Promise.all(
      jobIds.map(async (id) => {
        const job = await Job.fromId(handle.queue, id);
        if (job?.finishedOn === undefined) return;
        await handle.queue.remove(id);
        const result = parseReturnValue(job.returnvalue);
        if (result && 'key' in result) await this.bytes.remove([result.key]);
      }),
    );
  }
}
