import type { ErrorBody } from '@sluice/contracts';
import type { Claim, JobAddress, JobRecord } from './job-record.js';

/**
 * The durable queue, seen from Sluice: jobs are opaque bytes with an absolute expiry, held by at most one worker.
 *
 * What every adapter guarantees (`describeJobQueue` in libs/testing states each as a test):
 *
 * - **Durable.** When `enqueue` resolves, the job is in the queue until it is settled, cancelled or expired.
 * - **One holder.** A job is leased to at most one holder. A lease that was lost (its time ran out, it was swept) can
 *   neither be extended, settled nor released: the operation says so and changes nothing.
 * - **Idempotent.** Every operation may be sent again with the same arguments, because a connection that breaks between
 *   a command and its answer leaves the sender not knowing. Nothing is then lost, nothing is done twice, and a repeated
 *   `settle` of one's own settlement answers `settled`. Jobs whose `lease` was never answered come back when it lapses.
 * - **Answered by whoever ended it.** A reply goes out only for a job that this very call has ended: a lease that was lost
 *   sends nothing. Replies are delivered at most once and may be lost (their reader restarts, its connection broke): the
 *   ended job keeps its outcome, and whoever waits looks there. A call that is sent again may send its replies again.
 * - **Order.** By (priority, arrival); a job that comes back (released, swept) keeps the place of its arrival.
 * - **Bounded.** Payloads, results and the number of waiting jobs have limits; what exceeds one is refused whole.
 *   Ended jobs are kept for their own time and within bounds of number and bytes, the oldest going first. Those that ask
 *   for a time of their own are counted apart from the rest, so that neither kind pushes the other out.
 *
 * Times are milliseconds; instants are milliseconds since the epoch **on the queue's own clock** (`now`), so that hosts
 * whose clocks differ agree on what has expired.
 */
export abstract class JobQueue {
  /**
   * Adds jobs. An id that exists is left as it is, so a repeated call adds nothing.
   * @throws SluiceError payload_too_large, queue_full (none of the jobs is added), queue_paused, redis_unavailable
   */
  abstract enqueue(queue: string, jobs: readonly NewJob[]): Promise<void>;

  /**
   * Takes waiting jobs: this caller's fair part (see `LeaseRequest`), fewer, or none, when fewer wait. Those that it ends
   * instead of handing them out it answers. Never blocks: see `waitForWork`.
   */
  abstract lease(queue: string, request: LeaseRequest): Promise<LeaseResult>;

  /** Holds on to leases for another lease time. Answers those that are lost. */
  abstract extend(leases: readonly Lease[]): Promise<Lease[]>;

  /**
   * Ends jobs, each by itself, with a result or an error, and answers those whose lease held: whoever waits for several of
   * them hears of them together. The outcomes are in the order of the settlements.
   */
  abstract settle(settlements: readonly Settlement[]): Promise<SettleOutcome[]>;

  /**
   * Hears what comes of the jobs that name `replyTo` as their address, from now on. `onGap` is called when replies may have
   * been lost: the connection was interrupted, and is back. One listener an address, until `stop`.
   */
  abstract listenForReplies(
    replyTo: string,
    onReplies: (replies: readonly Reply[]) => void,
    onGap: () => void,
  ): Promise<void>;

  /** Gives jobs back, in the place they had; it does not count as an attempt. Lost leases are passed over. */
  abstract release(leases: readonly Lease[]): Promise<void>;

  /**
   * Returns to waiting what nobody holds any more: the lease lapsed, or its holder is judged to be gone.
   * Any process may sweep any queue, at any time, several at once.
   */
  abstract sweep(queue: string, judge: Judge): Promise<SweptJob[]>;

  /** Removes jobs that have not started. */
  abstract cancel(queue: string, jobIds: readonly string[]): Promise<CancelOutcome[]>;

  /** Where jobs stand, and what came of them while their result is kept. */
  abstract inspect(queue: string, jobIds: readonly string[]): Promise<JobStatus[]>;

  /** Which of the jobs are not in the queue any more. Cheap enough to be asked about thousands every second. */
  abstract missing(queue: string, jobIds: readonly string[]): Promise<string[]>;

  /** All that is known about jobs; undefined for those that are not there, or whose outcome is no longer kept. */
  abstract describe(queue: string, jobIds: readonly string[]): Promise<(JobRecord | undefined)[]>;

  /** The jobs of an owner, newest first; some may be gone. A bounded number is remembered, and no longer than any job. */
  abstract owned(owner: string, offset: number, max: number): Promise<JobAddress[]>;

  abstract counts(queue: string): Promise<QueueCounts>;

  /** The queues that have work now, with what is known about their next job; those that are paused are left out. */
  abstract heads(queues: readonly string[]): Promise<QueueHead[]>;

  /**
   * What a job of a level finds before it. Cheap: as read a moment ago, with what this process has let in since.
   * @throws SluiceError redis_unavailable
   */
  abstract backlog(queue: string, level: number): Promise<Backlog>;

  /**
   * Raises jobs that have waited longer than `waitedMs` to level 1, in the order of their arrival, so that no level
   * waits for ever. One call raises a bounded number; answers how many.
   */
  abstract raise(queue: string, waitedMs: number): Promise<number>;

  /** Every queue into which something was ever put, until it is removed. */
  abstract queues(): Promise<string[]>;

  /** Removes a queue with all that is in it, whatever its state: for the own queues of workers that are gone. */
  abstract removeQueue(queue: string): Promise<void>;

  /** Removes ended jobs and their results before their time. What has not ended stays. */
  abstract forget(queue: string, jobIds: readonly string[]): Promise<void>;

  /**
   * Removes the ended jobs whose time is over or that exceed the bounds, in all queues: also in those that nobody serves
   * any more. Any process may prune at any time. One call removes a bounded number; answers how many.
   */
  abstract prune(): Promise<number>;

  /**
   * Lets a key stand for a job, for a while. The first claim stands: answers the claim that does, which is the given one
   * or an earlier one. With `instead` an earlier one that turned out to be void is replaced.
   */
  abstract claim(key: string, claim: Claim, forMs: number, instead?: Claim): Promise<Claim>;

  /**
   * Resolves when one of the queues may have work, with its name; without one after `timeoutMs` and when aborted. It may
   * resolve for nothing. One caller at a time, and it counts as listening to these queues while it waits. Only a caller
   * that will lease afterwards may wait: new work wakes one waiter, not all.
   */
  abstract waitForWork(
    queues: readonly string[],
    timeoutMs: number,
    options?: WaitOptions,
  ): Promise<string | undefined>;

  /**
   * Tells one of the workers that wait for offers that a queue holds more than its owner can do soon. Nothing is lost
   * when nobody hears it.
   */
  abstract offer(queue: string): Promise<void>;

  /** The queue's clock. */
  abstract now(): number;

  /** Idempotent. */
  abstract start(): Promise<void>;

  /** Idempotent; allowed without `start`. Leases that are held lapse by themselves: release them first. */
  abstract stop(): Promise<void>;
}

export interface NewJob {
  /** Chosen by the caller, unique for ever, ordered by time (`newJobId`): order survives a return to the queue. */
  readonly id: string;
  /** The kind of work, as Bull Board shows it; `infer` by default. */
  readonly name?: string;
  /** Shown to people who look into the queue; small. */
  readonly label: Readonly<Record<string, string | number>>;
  /** The address of whoever waits for the answer (`listenForReplies`); empty: nobody does. */
  readonly replyTo: string;
  /** 1 is the highest. */
  readonly priority: number;
  readonly expiresAt: number;
  readonly payload: Uint8Array;
  /** How long its outcome is kept; `keepResultsMs` of the settings by default, never more than `keepAtMostMs`. */
  readonly keepResultMs?: number;
  /** In whose list it is found; in none by default. */
  readonly owner?: string;
}

/**
 * What a worker asks for. It gets its fair part, so that idle workers share a burst: what waits, divided among this
 * caller and those that listen to the queue, rounded up, and `spare` more; never above `max`. A thief gets half of what
 * waits, rounded up, and so leaves its victim as much as it takes.
 */
export interface LeaseRequest {
  readonly holder: string;
  readonly max: number;
  /** Jobs that it may take beyond its part; none by default. */
  readonly spare?: number;
  /** `half`: the queue is another worker's own. */
  readonly part?: 'fair' | 'half';
}

export interface WaitOptions {
  readonly signal?: AbortSignal;
  /** Whether to hear of queues that are offered, too. */
  readonly offers?: boolean;
}

/** The right to work on a job. Opaque to its holder, compared by `jobId`. */
export interface Lease {
  readonly queue: string;
  readonly jobId: string;
  readonly holder: string;
  /** Fresh for every call of `lease`. */
  readonly token: string;
  /** How often the job has been leased, this one included. */
  readonly attempt: number;
}

export interface LeasedJob {
  readonly lease: Lease;
  readonly priority: number;
  readonly enqueuedAt: number;
  readonly expiresAt: number;
  readonly payload: Uint8Array;
  /** How often a worker died while it ran this job. */
  readonly deaths: Deaths;
}

export interface Deaths {
  readonly inCompany: number;
  readonly alone: number;
}

export interface LeaseResult {
  readonly jobs: readonly LeasedJob[];
  /** Jobs that the queue ended instead of handing them out: expired, or unreadable. Settled and answered. */
  readonly dropped: readonly DroppedJob[];
}

export interface DroppedJob {
  readonly jobId: string;
  readonly error: ErrorBody;
}

export type Outcome =
  | { readonly ok: true; readonly result: Uint8Array }
  | { readonly ok: false; readonly error: ErrorBody };

export interface Settlement {
  readonly lease: Lease;
  readonly outcome: Outcome;
}

/** `lost`: somebody else holds, or has ended, the job, and answers for it. */
export type SettleOutcome = 'settled' | 'lost';

/** What came of a job, for whoever waits for it: as it is kept with the job. */
export interface Reply {
  readonly jobId: string;
  readonly outcome: Outcome;
}

/** What is known about a holder. Asked only about holders of jobs that are in nobody's safe hands. */
export type Judge = (holder: string) => Promise<Verdict>;

export interface Verdict {
  readonly alive: boolean;
  /** The jobs in the batch that a dead holder was running when last heard of. */
  readonly running: readonly string[];
}

export interface SweptJob {
  readonly jobId: string;
  readonly holder: string;
  readonly reason: 'holder-gone' | 'lease-lapsed';
  readonly death: 'none' | 'in-company' | 'alone';
}

/** `started`: held by a worker; `ended`: settled already, or unknown. */
export type CancelOutcome = 'cancelled' | 'started' | 'ended';

export type JobStatus =
  | { readonly state: 'waiting' }
  | { readonly state: 'active' }
  | { readonly state: 'ended'; readonly outcome: Outcome }
  /** Never enqueued, cancelled, removed by an operator, or its result is no longer kept. */
  | { readonly state: 'gone' };

export interface QueueCounts {
  readonly waiting: number;
  readonly active: number;
  readonly completed: number;
  readonly failed: number;
  readonly paused: boolean;
}

/** The next job of a queue, and how many wait there. */
export interface QueueHead {
  readonly queue: string;
  readonly waiting: number;
  readonly enqueuedAt: number;
  readonly expiresAt: number;
}

export interface Backlog {
  /** Waiting jobs of this level and of those before it. */
  readonly ahead: number;
  readonly waiting: number;
  /** Payloads of the waiting jobs, estimated from a sample of them. */
  readonly bytes: number;
  readonly paused: boolean;
}

/** Times and bounds that an adapter keeps. */
export interface QueueSettings {
  /** How long a lease lasts when it is not extended. */
  readonly leaseMs: number;
  readonly maxPayloadBytes: number;
  readonly maxResultBytes: number;
  /** Waiting jobs per queue. */
  readonly maxWaiting: number;
  /** Bytes of the payloads that wait in one queue, as far as a sample tells. */
  readonly maxWaitingBytes: number;
  /** How long the outcome of an ended job is kept that asks for no time of its own. */
  readonly keepResultsMs: number;
  /** The longest that any job may ask for. */
  readonly keepAtMostMs: number;
  /** Ended jobs per queue, and their bytes; each for the jobs with a keep time of their own, and for the others. */
  readonly maxKeptJobs: number;
  readonly maxKeptBytes: number;
}
