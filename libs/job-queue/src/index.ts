export { expiredError } from './expiry.js';
export * from './job-queue.js';
export * from './job-record.js';
export { JobIds, timeOfJobId } from './job-id.js';
export { InMemoryJobQueue } from './in-memory/in-memory-job-queue.js';
export { BullMqJobQueue, type BullMqJobQueueOptions } from './bullmq/bullmq-job-queue.js';
export { BatchedJobQueue } from './bullmq-batched/batched-job-queue.js';
