import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeUpdateJob, workerUpdateQueue, type ModelRef } from '@sluice/contracts';
import { BullMqJobQueue, JobIds, type JobQueue } from '@sluice/job-queue';
import { readEvents } from './log-events.js';
import { GENEROUS_SETTINGS } from './queue-settings.js';
import type { BenchRun } from './scenario.js';
import type { Stage } from './stage.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const POLL_MS = 20;

/**
 * Model updates that wait for one worker: profiles of a model, in the worker's own queue. The API asks for one at a time;
 * here there are always more.
 */
export class UpdateBacklog {
  private waiting: string[] = [];

  private constructor(
    private readonly jobs: JobQueue,
    private readonly queue: string,
    private readonly ref: ModelRef,
  ) {}

  static async open(bench: BenchRun, stage: Stage, model: string): Promise<UpdateBacklog> {
    const [joined] = readEvents<{ readonly workerId: string }>(stage.worker.log(), 'worker_joined');
    if (!joined) throw new Error(`${stage.worker.name} has not joined`);
    const onError = (error: Error) => bench.tell(`update backlog: ${error.message}`);
    const jobs = new BullMqJobQueue({
      redisUrl: stage.redisUrl.href,
      prefix: 'bull',
      settings: GENEROUS_SETTINGS,
      onError,
    });
    await jobs.start();
    bench.cleanups.defer(() => jobs.stop());
    return new UpdateBacklog(jobs, workerUpdateQueue(joined.workerId), { model, version: '1' });
  }

  /** Resolves when the worker has begun the first of so many. */
  async start(count: number): Promise<void> {
    const ids = new JobIds(
      () => this.jobs.now(),
      () => randomInt(2 ** 32) / 2 ** 32,
    );
    const payload = encodeUpdateJob({ kind: 'profile', ...this.ref, again: true });
    const expiresAt = this.jobs.now() + DAY_MS;
    const updates = Array.from({ length: count }, () => {
      return { id: ids.next(), name: 'profile', label: { ...this.ref }, replyTo: '', priority: 1, expiresAt, payload };
    });
    this.waiting = updates.map(({ id }) => id);
    await this.jobs.enqueue(this.queue, updates);
    while ((await this.jobs.counts(this.queue)).active === 0) await delay(POLL_MS);
  }

  /** Resolves when the one in progress has ended. @throws Error when none waited any more: then the class was not busy */
  async stop(): Promise<void> {
    const outcomes = await this.jobs.cancel(this.queue, this.waiting);
    while ((await this.jobs.counts(this.queue)).active > 0) await delay(POLL_MS);
    if (!outcomes.includes('cancelled')) throw new Error(`${this.waiting.length} updates were too few for the window`);
  }
}
