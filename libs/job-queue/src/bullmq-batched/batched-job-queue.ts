import { BullMqJobQueue, type BullMqJobQueueOptions } from '../bullmq/bullmq-job-queue.js';
import { Batched } from './batched.js';

/**
 * The queue for speed: one script call for a batch of jobs, on BullMQ's own keys. BullMQ's tools and workers, and the
 * reference adapter, may work on the same queues at the same time.
 */
export class BatchedJobQueue extends BullMqJobQueue {
  constructor(options: BullMqJobQueueOptions) {
    super(options, (parts) => new Batched(parts));
  }
}
