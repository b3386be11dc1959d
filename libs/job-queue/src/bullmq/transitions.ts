import type { Redis } from 'ioredis';
import type {
  CancelOutcome,
  Judge,
  Lease,
  LeaseRequest,
  LeaseResult,
  NewJob,
  QueueSettings,
  SettleOutcome,
  Settlement,
  SweptJob,
} from '../job-queue.js';
import type { ByteStore } from './byte-store.js';
import type { Listening } from './listening.js';
import type { QueueHandles } from './queue-handles.js';
import type { RedisClock } from './redis-clock.js';
import type { Replies } from './replies.js';
import type { Retention } from './retention.js';

/**
 * How jobs get from one state to the next: what the queue does for every job. All else that it does (looking, keeping,
 * pruning) is the same however these are done, and both ways may be at work on one queue at the same time.
 *
 * What each guarantees is said at the port.
 */
export interface Transitions {
  /** Of jobs that are let in and noted. */
  add(queue: string, jobs: readonly NewJob[]): Promise<void>;
  lease(queue: string, request: LeaseRequest): Promise<LeaseResult>;
  extend(leases: readonly Lease[]): Promise<Lease[]>;
  settle(settlements: readonly Settlement[]): Promise<SettleOutcome[]>;
  release(leases: readonly Lease[]): Promise<void>;
  sweep(queue: string, judge: Judge): Promise<SweptJob[]>;
  cancel(queue: string, jobIds: readonly string[]): Promise<CancelOutcome[]>;
}

/** What every way of doing it is made of. */
export interface TransitionParts {
  readonly redis: Redis;
  readonly handles: QueueHandles;
  readonly bytes: ByteStore;
  readonly clock: RedisClock;
  readonly retention: Retention;
  readonly listening: Listening;
  readonly replies: Replies;
  readonly settings: QueueSettings;
}
