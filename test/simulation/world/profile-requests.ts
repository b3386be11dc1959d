import { encodeUpdateJob, workerUpdateQueue } from '@sluice/contracts';
import { JobIds, type JobQueue } from '@sluice/job-queue';
import { modelName } from '../scenario.js';

/** Longer than any run of the simulation. */
const EXPIRES_AFTER_MS = 1_000_000;

/** Asks workers for so many profiles of the first model each, as an operator would. */
export async function askForProfiles(
  queue: JobQueue,
  workers: readonly string[],
  count: number,
  random: () => number,
): Promise<void> {
  const ids = new JobIds(() => queue.now(), random);
  const payload = encodeUpdateJob({ kind: 'profile', model: modelName(0), version: '1', again: true });
  for (const worker of workers) {
    const jobs = Array.from({ length: count }, () => {
      const expiresAt = queue.now() + EXPIRES_AFTER_MS;
      return { id: ids.next(), name: 'profile', label: {}, replyTo: '', priority: 1, expiresAt, payload };
    });
    await queue.enqueue(workerUpdateQueue(worker), jobs);
  }
}
