/**
 * Every Redis key that this adapter touches besides those that BullMQ's own classes touch. Each belongs to one queue.
 *
 * `active`, `marker`, a job's hash and its `:lock` are BullMQ 6's; the other two are Sluice's.
 */
export class QueueKeys {
  private readonly base: string;

  constructor(
    private readonly prefix: string,
    private readonly queue: string,
  ) {
    this.base = `${prefix}:${queue}`;
  }

  get active(): string {
    return `${this.base}:active`;
  }

  /** A sorted set that has a member when work may wait. */
  get marker(): string {
    return `${this.base}:marker`;
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
}
