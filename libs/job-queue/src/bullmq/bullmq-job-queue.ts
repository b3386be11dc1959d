import { messageOf, SluiceError } from '@sluice/contracts';
import { redisConnection } from '@sluice/redis-connection';
import type { JobsOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import {
  JobQueue,
  type Backlog,
  type CancelOutcome,
  type JobStatus,
  type Judge,
  type Lease,
  type LeaseRequest,
  type LeaseResult,
  type NewJob,
  type QueueCounts,
  type QueueHead,
  type QueueSettings,
  type SettleOutcome,
  type Settlement,
  type SweptJob,
  type WaitOptions,
} from '../job-queue.js';
import type { Claim, JobAddress, JobRecord } from '../job-record.js';
import { checkPayloads } from '../limits.js';
import { keepMs } from '../retention.js';
import { Admission } from './admission.js';
import { ByteStore } from './byte-store.js';
import { Claims } from './claims.js';
import { readHeads } from './heads.js';
import { Inspection } from './inspection.js';
import { LeasedJobs } from './leased-jobs.js';
import { Leasing } from './leasing.js';
import { Listening } from './listening.js';
import { Ownership } from './ownership.js';
import { QueueEraser } from './queue-eraser.js';
import { QueueHandles, type QueueHandle } from './queue-handles.js';
import { QueueRegistry } from './queue-registry.js';
import { raiseJobs } from './raising.js';
import { RedisClock } from './redis-clock.js';
import { Removal } from './removal.js';
import { Retention } from './retention.js';
import { Settling } from './settling.js';
import { toJobData } from './stored-job.js';
import { sweepQueue } from './sweep.js';
import { WorkSignal } from './work-signal.js';

export interface BullMqJobQueueOptions {
  readonly redisUrl: string;
  /** BullMQ's key prefix. */
  readonly prefix: string;
  readonly settings: QueueSettings;
  readonly onError: (error: Error) => void;
}

const DEFAULT_NAME = 'infer';

/** Clocks differ, and a job that is kept as long as possible is removed by us, not by BullMQ a little earlier. */
const AGE_MARGIN_MS = 3_600_000;

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
  private readonly registry: QueueRegistry;
  private readonly admission: Admission;
  private readonly leasing: Leasing;
  private readonly settling: Settling;
  private readonly retention: Retention;
  private readonly inspection: Inspection;
  private readonly removal: Removal;
  private readonly eraser: QueueEraser;
  private readonly claims: Claims;
  private readonly ownership: Ownership;
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
    this.registry = new QueueRegistry(this.redis, prefix);
    this.admission = new Admission(this.redis, this.handles, settings);
    this.retention = new Retention(this.redis, this.handles, this.registry, this.clock, settings);
    const leased = new LeasedJobs(this.handles);
    this.settling = new Settling(this.handles, leased, this.bytes, this.retention, settings);
    const listening = new Listening(this.redis, this.handles);
    this.leasing = new Leasing(this.handles, leased, this.settling, this.bytes, listening, this.clock, settings);
    this.inspection = new Inspection(this.redis, this.handles, this.bytes, this.clock, this.retention);
    this.removal = new Removal(this.handles, this.bytes);
    this.eraser = new QueueEraser(this.redis, this.handles, this.registry);
    this.claims = new Claims(this.redis, prefix);
    this.ownership = new Ownership(this.redis, prefix, this.clock);
    this.workSignal = new WorkSignal(this.blocking, this.redis, this.handles, listening);
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
    const handle = this.handles.of(queue);
    await this.whileAvailable(`enqueue in ${queue}`, () =>
      this.admission.admit(queue, jobs, () => this.add(handle, jobs)),
    );
  }

  override lease(queue: string, request: LeaseRequest): Promise<LeaseResult> {
    return this.leasing.lease(queue, request);
  }

  override extend(leases: readonly Lease[]): Promise<Lease[]> {
    return this.leasing.extend(leases);
  }

  override settle(settlements: readonly Settlement[]): Promise<SettleOutcome[]> {
    return this.settling.settle(settlements);
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
    return this.removal.cancel(queue, jobIds);
  }

  override forget(queue: string, jobIds: readonly string[]): Promise<void> {
    return this.removal.forget(queue, jobIds);
  }

  override prune(): Promise<number> {
    return this.retention.prune();
  }

  override inspect(queue: string, jobIds: readonly string[]): Promise<JobStatus[]> {
    return this.inspection.inspect(queue, jobIds);
  }

  override missing(queue: string, jobIds: readonly string[]): Promise<string[]> {
    return this.inspection.missing(queue, jobIds);
  }

  override describe(queue: string, jobIds: readonly string[]): Promise<(JobRecord | undefined)[]> {
    return this.inspection.describe(queue, jobIds);
  }

  override owned(owner: string, offset: number, max: number): Promise<JobAddress[]> {
    return this.ownership.list(owner, offset, max);
  }

  override claim(key: string, claim: Claim, forMs: number, instead?: Claim): Promise<Claim> {
    return this.claims.claim(key, claim, forMs, instead);
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

  override heads(queues: readonly string[]): Promise<QueueHead[]> {
    return readHeads(
      this.redis,
      queues.map((queue) => this.handles.keysOf(queue)),
      this.clock.now(),
    );
  }

  override backlog(queue: string, level: number): Promise<Backlog> {
    return this.whileAvailable(`read the backlog of ${queue}`, () => this.admission.backlog(queue, level));
  }

  override raise(queue: string, waitedMs: number): Promise<number> {
    return raiseJobs(this.redis, this.handles.keysOf(queue), this.clock.now() - waitedMs);
  }

  override queues(): Promise<string[]> {
    return this.registry.list();
  }

  override removeQueue(queue: string): Promise<void> {
    return this.eraser.erase(queue);
  }

  override waitForWork(
    queues: readonly string[],
    timeoutMs: number,
    options: WaitOptions = {},
  ): Promise<string | undefined> {
    return this.workSignal.wait(queues, timeoutMs, options);
  }

  override async offer(queue: string): Promise<void> {
    await this.redis.zadd(this.handles.offersKey, this.clock.now(), queue);
  }

  /** What a request waits for fails at once without Redis, instead of when it is back. */
  private async whileAvailable<T>(what: string, act: () => Promise<T>): Promise<T> {
    if (this.redis.status !== 'ready') {
      throw new SluiceError('redis_unavailable', `Redis does not answer (connection: ${this.redis.status})`);
    }
    try {
      return await act();
    } catch (error) {
      if (error instanceof SluiceError) throw error;
      throw new SluiceError('redis_unavailable', `could not ${what}: ${messageOf(error)}`, { cause: error });
    }
  }

  private async add({ queue, keys }: QueueHandle, jobs: readonly NewJob[]): Promise<void> {
    await this.ownership.note(queue.name, jobs);
    const noted = this.registry.note(queue.name);
    const entries = await Promise.all(
      jobs.map(async (job) => {
        const payloadUntil = job.expiresAt + keepMs(job.keepResultMs, this.settings);
        const payload = await this.bytes.put(keys.payload(job.id), job.payload, payloadUntil);
        return { name: job.name ?? DEFAULT_NAME, data: toJobData(job, payload), opts: this.jobOptions(job) };
      }),
    );
    const [only] = entries;
    const isLone = only !== undefined && entries.length === 1;
    const added = isLone ? queue.add(only.name, only.data, only.opts) : queue.addBulk(entries);
    await Promise.all([noted, added]);
  }

  private jobOptions({ id, priority }: NewJob): JobsOptions {
    // What is left over by a plain BullMQ worker that ended it; whatever Sluice ends is pruned in time.
    const keep = { age: (this.settings.keepAtMostMs + AGE_MARGIN_MS) / 1000 };
    // Of the queue's clock, not of this host's: waiting times are measured against it.
    const timestamp = this.clock.now();
    return { jobId: id, timestamp, priority, attempts: 1, removeOnComplete: keep, removeOnFail: keep };
  }
}
