import { messageOf, SluiceError } from '@sluice/contracts';
import { redisConnection } from '@sluice/redis-connection';
import { Job, type JobsOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import {
  JobQueue,
  type CancelOutcome,
  type JobStatus,
  type Judge,
  type Lease,
  type LeaseRequest,
  type LeaseResult,
  type NewJob,
  type Outcome,
  type QueueCounts,
  type QueueSettings,
  type SettleOutcome,
  type Settlement,
  type SweptJob,
} from '../job-queue.js';
import { checkPayloads } from '../limits.js';
import { Admission } from './admission.js';
import { ByteStore } from './byte-store.js';
import { Leasing } from './leasing.js';
import { QueueHandles, type QueueHandle } from './queue-handles.js';
import { RedisClock } from './redis-clock.js';
import { parseFailure, parseJobData, parseReturnValue, toJobData } from './stored-job.js';
import { sweepQueue } from './sweep.js';
import { WorkSignal } from './work-signal.js';

export interface BullMqJobQueueOptions {
  readonly redisUrl: string;
  /** BullMQ's key prefix. */
  readonly prefix: string;
  readonly settings: QueueSettings;
  readonly onError: (error: Error) => void;
}

/** How many ended jobs a queue keeps at most, whatever their age. */
const KEEP_ENDED_JOBS = 10_000;

/**
 * The reference adapter: BullMQ through its public API, so that BullMQ's own tools see every job as their own.
 * It is the measure of right, not of speed.
 */
export class BullMqJobQueue extends JobQueue {
  private readonly redis: Redis;
  private readonly blocking: Redis;
  private readonly handles: QueueHandles;
  private readonly bytes: ByteStore;
  private readonly clock: RedisClock;
  private readonly admission: Admission;
  private readonly leasing: Leasing;
  private readonly workSignal: WorkSignal;
  private readonly settings: QueueSettings;
  private started: Promise<void> | undefined;
  private stopped: Promise<void> | undefined;

  constructor({ redisUrl, prefix, settings, onError }: BullMqJobQueueOptions) {
    super();
    this.settings = settings;
    this.redis = redisConnection(redisUrl, 'queue', onError);
    this.blocking = redisConnection(redisUrl, 'queue-wait', onError);
    this.handles = new QueueHandles(this.redis, prefix, settings.leaseMs, onError);
    this.bytes = new ByteStore(this.redis);
    this.clock = new RedisClock(this.redis);
    this.admission = new Admission(settings);
    this.leasing = new Leasing(this.handles, this.bytes, this.clock, settings);
    this.workSignal = new WorkSignal(this.blocking, this.redis);
  }

  override start(): Promise<void> {
    this.started ??= Promise.all([this.redis.connect(), this.blocking.connect()]).then(() => this.clock.start());
    return this.started;
  }

  override stop(): Promise<void> {
    this.stopped ??= (async () => {
      this.clock.stop();
      this.blocking.disconnect();
      await this.handles.close();
      this.redis.disconnect();
    })();
    return this.stopped;
  }

  override now(): number {
    return this.clock.now();
  }

  override async enqueue(queue: string, jobs: readonly NewJob[]): Promise<void> {
    checkPayloads(jobs, this.settings);
    if (this.redis.status !== 'ready') {
      throw new SluiceError('redis_unavailable', `Redis does not answer (connection: ${this.redis.status})`);
    }
    const handle = this.handles.of(queue);
    try {
      await this.admission.admit(queue, handle, jobs.length, () => this.add(handle, jobs));
    } catch (error) {
      if (error instanceof SluiceError) throw error;
      throw new SluiceError('redis_unavailable', `could not enqueue in ${queue}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  override lease(queue: string, request: LeaseRequest): Promise<LeaseResult> {
    return this.leasing.lease(queue, request);
  }

  override extend(leases: readonly Lease[]): Promise<Lease[]> {
    return this.leasing.extend(leases);
  }

  override settle(settlements: readonly Settlement[]): Promise<SettleOutcome[]> {
    return this.leasing.settle(settlements);
  }

  override release(leases: readonly Lease[]): Promise<void> {
    return this.leasing.release(leases);
  }

  override async sweep(queue: string, judge: Judge): Promise<SweptJob[]> {
    const swept = await sweepQueue(this.redis, this.handles.of(queue), judge);
    if (swept.length > 0) await this.handles.wake(queue);
    return swept;
  }

  override cancel(queue: string, jobIds: readonly string[]): Promise<CancelOutcome[]> {
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

  override inspect(queue: string, jobIds: readonly string[]): Promise<JobStatus[]> {
    const { queue: bullQueue, keys } = this.handles.of(queue);
    return Promise.all(
      jobIds.map(async (id): Promise<JobStatus> => {
        const [job, locked] = await Promise.all([Job.fromId(bullQueue, id), this.redis.exists(keys.lock(id))]);
        if (!job) return { state: 'gone' };
        if (job.finishedOn === undefined) return { state: locked ? 'active' : 'waiting' };
        const outcome = await this.outcomeOf(job);
        return outcome ? { state: 'ended', outcome } : { state: 'gone' };
      }),
    );
  }

  override async counts(queue: string): Promise<QueueCounts> {
    const { queue: bullQueue } = this.handles.of(queue);
    const [counts, paused] = await Promise.all([
      bullQueue.getJobCounts('waiting', 'prioritized', 'delayed', 'active', 'completed', 'failed'),
      bullQueue.isPaused(),
    ]);
    const { waiting = 0, prioritized = 0, delayed = 0, active = 0, completed = 0, failed = 0 } = counts;
    return { waiting: waiting + prioritized + delayed, active, completed, failed, paused };
  }

  override waitForWork(queues: readonly string[], timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const markers = queues.map((queue) => this.handles.of(queue).keys.marker);
    return this.workSignal.wait(markers, timeoutMs, signal);
  }

  private async add({ queue, keys }: QueueHandle, jobs: readonly NewJob[]): Promise<void> {
    const entries = await Promise.all(
      jobs.map(async (job) => {
        const payloadUntil = job.expiresAt + this.settings.keepResultsMs;
        const payload = await this.bytes.put(keys.payload(job.id), job.payload, payloadUntil);
        return { name: 'infer', data: toJobData(job, payload), opts: this.jobOptions(job) };
      }),
    );
    const [only] = entries;
    if (only && entries.length === 1) await queue.add(only.name, only.data, only.opts);
    else await queue.addBulk(entries);
  }

  private jobOptions({ id, priority }: NewJob): JobsOptions {
    const keep = { age: this.settings.keepResultsMs / 1000, count: KEEP_ENDED_JOBS };
    return { jobId: id, priority, attempts: 1, removeOnComplete: keep, removeOnFail: keep };
  }

  private async outcomeOf(job: Job): Promise<Outcome | undefined> {
    if (job.failedReason) return parseFailure(job.failedReason);
    const stored = parseReturnValue(job.returnvalue);
    if (!stored || !parseJobData(job.data)) {
      const message = `job ${job.id ?? '?'} was completed by a worker that is not Sluice's`;
      return { ok: false, error: { code: 'internal', message } };
    }
    const result = await this.bytes.get(stored);
    return result && { ok: true, result };
  }
}
