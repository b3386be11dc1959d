import { messageOf, SluiceError } from '@sluice/contracts';
import { redisConnection } from '@sluice/redis-connection';
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
  type Reply,
  type SettleOutcome,
  type Settlement,
  type SweptJob,
  type WaitOptions,
} from '../job-queue.js';
import type { Claim, JobAddress, JobRecord } from '../job-record.js';
import { checkPayloads } from '../limits.js';
import { Admission } from './admission.js';
import { ByteStore } from './byte-store.js';
import { Claims } from './claims.js';
import { readHeads } from './heads.js';
import { Inspection } from './inspection.js';
import { Listening } from './listening.js';
import { OneByOne } from './one-by-one.js';
import { Ownership } from './ownership.js';
import { QueueEraser } from './queue-eraser.js';
import { QueueHandles } from './queue-handles.js';
import { QueueRegistry } from './queue-registry.js';
import { raiseJobs } from './raising.js';
import { RedisClock } from './redis-clock.js';
import { Removal } from './removal.js';
import { Replies } from './replies.js';
import { Retention } from './retention.js';
import type { TransitionParts, Transitions } from './transitions.js';
import { WorkSignal } from './work-signal.js';

export interface BullMqJobQueueOptions {
  readonly redisUrl: string;
  /** BullMQ's key prefix. */
  readonly prefix: string;
  readonly settings: QueueSettings;
  readonly onError: (error: Error) => void;
}

/**
 * The queue on BullMQ's keys, so that BullMQ's own tools see every job as their own. As it is made here it is the
 * reference adapter: all through BullMQ's public API, one job a call.
 */
export class BullMqJobQueue extends JobQueue {
  private readonly redis: Redis;
  private readonly blocking: Redis;
  private readonly handles: QueueHandles;
  private readonly bytes: ByteStore;
  private readonly clock: RedisClock;
  private readonly registry: QueueRegistry;
  private readonly admission: Admission;
  private readonly replies: Replies;
  private readonly transitions: Transitions;
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

  constructor(
    { redisUrl, prefix, settings, onError }: BullMqJobQueueOptions,
    transitions: (parts: TransitionParts) => Transitions = (parts) => new OneByOne(parts),
  ) {
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
    const listening = new Listening(this.redis, this.handles);
    this.replies = new Replies(this.redis, redisUrl, prefix, onError);
    const { redis, handles, bytes, clock, retention, replies } = this;
    this.transitions = transitions({ redis, handles, bytes, clock, retention, listening, replies, settings });
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
      this.replies.stop();
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
    await this.whileAvailable(`enqueue in ${queue}`, () =>
      this.admission.admit(queue, jobs, async () => {
        await this.ownership.note(queue, jobs);
        await Promise.all([this.registry.note(queue), this.transitions.add(queue, jobs)]);
      }),
    );
  }

  override lease(queue: string, request: LeaseRequest): Promise<LeaseResult> {
    return this.transitions.lease(queue, request);
  }

  override extend(leases: readonly Lease[]): Promise<Lease[]> {
    return this.transitions.extend(leases);
  }

  override settle(settlements: readonly Settlement[]): Promise<SettleOutcome[]> {
    return this.transitions.settle(settlements);
  }

  override listenForReplies(
    replyTo: string,
    onReplies: (replies: readonly Reply[]) => void,
    onGap: () => void,
  ): Promise<void> {
    return this.replies.listen(replyTo, onReplies, onGap);
  }

  override release(leases: readonly Lease[]): Promise<void> {
    return this.transitions.release(leases);
  }

  override sweep(queue: string, judge: Judge): Promise<SweptJob[]> {
    return this.transitions.sweep(queue, judge);
  }

  override cancel(queue: string, jobIds: readonly string[]): Promise<CancelOutcome[]> {
    return this.transitions.cancel(queue, jobIds);
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
}
