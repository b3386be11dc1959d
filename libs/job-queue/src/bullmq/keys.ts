import type { RetentionClass } from '../retention.js';

/** The set of all queues into which something was put. */
export function registryKey(prefix: string): string {
  return `sluice:${prefix}:queues`;
}

/** Queues that hold more than their owners can do soon, the oldest offer first. */
export function offersKey(prefix: string): string {
  return `sluice:${prefix}:offers`;
}

/** The jobs of an owner, by the time of their arrival. */
export function ownedKey(prefix: string, owner: string): string {
  return `sluice:${prefix}:owned:${owner}`;
}

/** A channel: what came of the jobs with this address. */
export function repliesChannel(prefix: string, replyTo: string): string {
  return `sluice:${prefix}:replies:${replyTo}`;
}

/** What a key given by a client stands for. */
export function claimKey(prefix: string, key: string): string {
  return `sluice:${prefix}:claim:${key}`;
}

/**
 * Every Redis key that this adapter touches besides those that BullMQ's own classes touch. Each belongs to one queue.
 *
 * `active`, `marker`, `meta`, a job's hash and its `:lock` are BullMQ 6's, as are the sets of waiting and of
 * ended jobs; what begins with `sluice:` is Sluice's.
 */
export class QueueKeys {
  private readonly base: string;

  constructor(
    private readonly prefix: string,
    readonly queue: string,
  ) {
    this.base = `${prefix}:${queue}`;
  }

  get active(): string {
    return `${this.base}:active`;
  }

  /** Jobs without a priority: none of ours, and served before those that have one. */
  get wait(): string {
    return `${this.base}:wait`;
  }

  /** Waiting jobs in their order. */
  get prioritized(): string {
    return `${this.base}:prioritized`;
  }

  /** Jobs that are to wait until a time: none of ours, but an operator's tools can make them. */
  get delayed(): string {
    return `${this.base}:delayed`;
  }

  /** Jobs whose locks BullMQ's stalled check of a plain worker suspects. */
  get stalled(): string {
    return `${this.base}:stalled`;
  }

  /** BullMQ's stream of what happens to jobs. */
  get events(): string {
    return `${this.base}:events`;
  }

  /** Counts the jobs that were ever added. */
  get id(): string {
    return `${this.base}:id`;
  }

  /** The counter in the scores of the prioritised jobs. */
  get priorityCounter(): string {
    return `${this.base}:pc`;
  }

  /** A hash that tells, among other things, whether the queue is paused. */
  get meta(): string {
    return `${this.base}:meta`;
  }

  get completed(): string {
    return `${this.base}:completed`;
  }

  get failed(): string {
    return `${this.base}:failed`;
  }

  /** A sorted set that has a member when work may wait. */
  get marker(): string {
    return `${this.base}:marker`;
  }

  /** A sorted set: processes that listen to the queue, by the time until which they count. */
  get listening(): string {
    return `sluice:${this.prefix}:listening:${this.queue}`;
  }

  job(jobId: string): string {
    return `${this.base}:${jobId}`;
  }

  lock(jobId: string): string {
    return `${this.base}:${jobId}:lock`;
  }

  /** A payload too large for the job's own data. */
  payload(jobId: string): string {
    return `sluice:${this.prefix}:payload:${this.queue}:${jobId}`;
  }

  /** A result too large for the job's return value; one key per lease, so that a late holder cannot overwrite it. */
  result(jobId: string, resultId: string): string {
    return `sluice:${this.prefix}:result:${this.queue}:${jobId}:${resultId}`;
  }

  /** The books of ended jobs: when each is to be removed, what it holds, and the sum of their bytes. */
  kept(kind: RetentionClass, book: 'times' | 'sizes' | 'bytes'): string {
    return `sluice:${this.prefix}:kept:${this.queue}:${kind}:${book}`;
  }
}
