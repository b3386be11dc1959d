import { Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { parseFailure } from '../failure-text.js';
import type { JobStatus, Outcome } from '../job-queue.js';
import type { JobRecord } from '../job-record.js';
import type { ByteStore } from './byte-store.js';
import type { QueueHandles } from './queue-handles.js';
import type { RedisClock } from './redis-clock.js';
import type { Retention } from './retention.js';
import { parseJobData, parseReturnValue, type StoredJobData } from './stored-job.js';

/** Keys in one EXISTS: Redis answers a number for all of them. */
const EXISTS_AT_ONCE = 500;

/** Reads jobs without touching them. What may be asked about any name opens no queue before it has found a job there. */
export class Inspection {
  constructor(
    private readonly redis: Redis,
    private readonly handles: QueueHandles,
    private readonly bytes: ByteStore,
    private readonly clock: RedisClock,
    private readonly retention: Retention,
  ) {}

  inspect(queue: string, jobIds: readonly string[]): Promise<JobStatus[]> {
    return Promise.all(
      jobIds.map(async (id): Promise<JobStatus> => {
        const [job, locked] = await Promise.all([
          this.find(queue, id),
          this.redis.exists(this.handles.keysOf(queue).lock(id)),
        ]);
        if (!job) return { state: 'gone' };
        if (job.finishedOn === undefined) return { state: locked ? 'active' : 'waiting' };
        const data = parseJobData(job.data);
        if (data && (await this.isOver(queue, id, data))) return { state: 'gone' };
        const outcome = await this.outcomeOf(queue, job, data);
        return outcome ? { state: 'ended', outcome } : { state: 'gone' };
      }),
    );
  }

  async missing(queue: string, jobIds: readonly string[]): Promise<string[]> {
    const keys = this.handles.keysOf(queue);
    const missing: string[] = [];
    for (let start = 0; start < jobIds.length; start += EXISTS_AT_ONCE) {
      const ids = jobIds.slice(start, start + EXISTS_AT_ONCE);
      if ((await this.redis.exists(ids.map((id) => keys.job(id)))) === ids.length) continue;
      const each = await Promise.all(ids.map((id) => this.redis.exists(keys.job(id))));
      missing.push(...ids.filter((_, index) => each[index] === 0));
    }
    return missing;
  }

  describe(queue: string, jobIds: readonly string[]): Promise<(JobRecord | undefined)[]> {
    return Promise.all(jobIds.map((id) => this.describeOne(queue, id)));
  }

  private async describeOne(queue: string, id: string): Promise<JobRecord | undefined> {
    const keys = this.handles.keysOf(queue);
    const [job, rank, ahead] = await Promise.all([
      this.find(queue, id),
      this.redis.zrank(keys.prioritized, id),
      this.redis.llen(keys.wait),
    ]);
    const data = job && parseJobData(job.data);
    if (!data) return undefined;
    const { label, replyTo, owner, expiresAt } = data;
    const { priority, timestamp, processedOn, finishedOn, attemptsStarted, processedBy } = job;
    const details = {
      attempts: attemptsStarted,
      ...(processedOn !== undefined && { startedAt: processedOn }),
      ...(processedBy !== undefined && { holder: processedBy }),
      ...(owner !== undefined && { owner }),
    };
    const record = { id, queue, label, replyTo, priority, enqueuedAt: timestamp, expiresAt, ...details };
    if (finishedOn === undefined) {
      return rank === null
        ? { ...record, state: 'active' }
        : { ...record, state: 'waiting', position: ahead + rank + 1 };
    }
    const keptUntil = await this.retention.keptUntil(queue, id, data);
    if (keptUntil !== undefined && keptUntil <= this.clock.now()) return undefined;
    const ended = { ...record, endedAt: finishedOn, ...(keptUntil !== undefined && { keptUntil }) };
    const failure = job.failedReason ? parseFailure(job.failedReason) : undefined;
    if (!failure || failure.ok) return { ...ended, state: 'completed' };
    return { ...ended, state: 'failed', error: failure.error };
  }

  private async isOver(queue: string, id: string, data: StoredJobData): Promise<boolean> {
    const keptUntil = await this.retention.keptUntil(queue, id, data);
    return keptUntil !== undefined && keptUntil <= this.clock.now();
  }

  private async find(queue: string, id: string): Promise<Job | undefined> {
    if ((await this.redis.exists(this.handles.keysOf(queue).job(id))) === 0) return undefined;
    return Job.fromId(this.handles.of(queue).queue, id);
  }

  private async outcomeOf(queue: string, job: Job, data: StoredJobData | undefined): Promise<Outcome | undefined> {
    if (job.failedReason) return parseFailure(job.failedReason);
    const stored = parseReturnValue(job.returnvalue);
    if (!stored || !data) {
      const message = `job ${job.id ?? '?'} was completed by a worker that is not Sluice's`;
      return { ok: false, error: { code: 'internal', message } };
    }
    const result = await this.bytes.get(stored, this.handles.keysOf(queue).job(job.id ?? ''));
    return result && { ok: true, result };
  }
}
