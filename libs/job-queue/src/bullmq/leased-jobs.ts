import { Job } from 'bullmq';
import type { Lease } from '../job-queue.js';
import type { QueueHandles } from './queue-handles.js';

/** BullMQ's object for each lease that was handed out here; a lease from elsewhere is looked up. */
export class LeasedJobs {
  private readonly jobs = new WeakMap<Lease, Job>();

  constructor(private readonly handles: QueueHandles) {}

  remember(lease: Lease, job: Job): void {
    this.jobs.set(lease, job);
  }

  async find(lease: Lease): Promise<Job | undefined> {
    const { queue, jobId } = lease;
    return this.jobs.get(lease) ?? (await Job.fromId(this.handles.of(queue).queue, jobId));
  }
}
