import { OneByOne } from '../bullmq/one-by-one.js';
import type { TransitionParts, Transitions } from '../bullmq/transitions.js';
import type {
  CancelOutcome,
  Judge,
  Lease,
  LeaseRequest,
  LeaseResult,
  NewJob,
  SettleOutcome,
  Settlement,
  SweptJob,
} from '../job-queue.js';
import { Adding } from './adding.js';
import { Cancelling } from './cancelling.js';
import { LeasedData } from './leased-data.js';
import { Leasing } from './leasing.js';
import { Returning } from './returning.js';
import { Settling } from './settling.js';

/**
 * One script for a batch (../../../docs/adr/0015 says why these and not BullMQ's own in a loop). What the scripts do not
 * know, parents, children, deduplication, schedulers, delays, global rate limits, they leave untouched and say so; it
 * then goes BullMQ's own way.
 */
export class Batched implements Transitions {
  private readonly adding: Adding;
  private readonly leasing: Leasing;
  private readonly settling: Settling;
  private readonly returning: Returning;
  private readonly cancelling: Cancelling;
  private readonly oneByOne: OneByOne;

  constructor(parts: TransitionParts) {
    this.oneByOne = new OneByOne(parts);
    const leased = new LeasedData(parts);
    this.adding = new Adding(parts);
    this.settling = new Settling(parts, leased, this.oneByOne);
    this.leasing = new Leasing(parts, leased, this.settling, this.oneByOne);
    this.returning = new Returning(parts);
    this.cancelling = new Cancelling(parts, this.oneByOne);
  }

  add(queue: string, jobs: readonly NewJob[]): Promise<void> {
    return this.adding.add(queue, jobs);
  }

  lease(queue: string, request: LeaseRequest): Promise<LeaseResult> {
    return this.leasing.lease(queue, request);
  }

  /** BullMQ's own: its script extends any number of locks. */
  extend(leases: readonly Lease[]): Promise<Lease[]> {
    return this.oneByOne.extend(leases);
  }

  settle(settlements: readonly Settlement[]): Promise<SettleOutcome[]> {
    return this.settling.settle(settlements);
  }

  release(leases: readonly Lease[]): Promise<void> {
    return this.returning.release(leases);
  }

  sweep(queue: string, judge: Judge): Promise<SweptJob[]> {
    return this.returning.sweep(queue, judge);
  }

  cancel(queue: string, jobIds: readonly string[]): Promise<CancelOutcome[]> {
    return this.cancelling.cancel(queue, jobIds);
  }
}
