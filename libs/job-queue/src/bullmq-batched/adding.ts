import type { ScriptArgument } from '@sluice/redis-connection';
import { jobOptions } from '../bullmq/job-options.js';
import { LEVEL_SCORES } from '../bullmq/levels.js';
import { DEFAULT_NAME, toJobData } from '../bullmq/stored-job.js';
import type { TransitionParts } from '../bullmq/transitions.js';
import type { NewJob } from '../job-queue.js';
import { keepMs } from '../retention.js';
import { Gathering } from './gathering.js';
import { inChunks } from './in-chunks.js';
import { ADD, JOBS_PER_CALL } from './scripts.js';
import { storeBytes } from './stored-bytes.js';

/** Jobs come in: those of one turn of the event loop in one call. */
export class Adding {
  private readonly gathering = new Gathering<NewJob>((queue, jobs) => this.send(queue, jobs));

  constructor(private readonly parts: TransitionParts) {}

  add(queue: string, jobs: readonly NewJob[]): Promise<void> {
    return this.gathering.add(queue, jobs);
  }

  private async send(queue: string, jobs: readonly NewJob[]): Promise<void> {
    await Promise.all(inChunks(jobs, JOBS_PER_CALL).map((chunk) => this.sendChunk(queue, chunk)));
  }

  private async sendChunk(queue: string, jobs: readonly NewJob[]): Promise<void> {
    const { redis, handles, clock, settings } = this.parts;
    const { keys } = handles.of(queue);
    const written: Promise<unknown>[] = [];
    const entries = jobs.flatMap((job): ScriptArgument[] => {
      const payloadUntil = job.expiresAt + keepMs(job.keepResultMs, settings);
      const payload = storeBytes(redis, 'payload', keys.payload(job.id), job.payload, payloadUntil);
      if (payload.written) written.push(payload.written);
      const data = JSON.stringify(toJobData(job, payload.stored));
      const timestamp = clock.now();
      const options = JSON.stringify(jobOptions(job, timestamp, settings));
      return [job.id, job.name ?? DEFAULT_NAME, data, options, timestamp, job.priority, payload.inHash, payload.key];
    });
    const { prioritized, events, marker, meta, active, id, priorityCounter } = keys;
    const added = ADD.run(
      redis,
      [prioritized, events, marker, meta, active, id, priorityCounter],
      [keys.job(''), LEVEL_SCORES, ...entries],
    );
    await Promise.all([...written, added]);
  }
}
