import { messageOf, SluiceError } from '@sluice/contracts';
import type { JobQueue, JobStatus, Outcome, Reply } from '@sluice/job-queue';
import type { Logger } from '@sluice/telemetry';
import type { JobPlacement } from './job-placement.js';
import { PendingJobs, type Expectation, type Waiter } from './pending-jobs.js';

const LOOK_EVERY_MS = 125;
const LOOKS_AT_ONCE = 256;
/** How soon an operator's removal is noticed. */
const MISSING_EVERY_MS = 500;

/**
 * How answers come to those who wait for them.
 *
 * An answer comes as a message, which may get lost; the result itself is kept with the ended job, and whoever has waited
 * for a second looks there. A job that an operator removes sends no message, so twice a second all that is pending is
 * counted: one EXISTS for 500 jobs, which costs Redis 0.3 ms and this process 1 ms for 3,000 (a stream of BullMQ's events would bring every
 * event of every job to every API process).
 */
export class Answers {
  private readonly pending = new PendingJobs();
  private readonly timers: NodeJS.Timeout[] = [];
  private looking: Promise<void> | undefined;
  private counting: Promise<void> | undefined;

  constructor(
    private readonly queue: JobQueue,
    private readonly placement: JobPlacement,
    private readonly logger: Logger,
  ) {}

  async start(apiId: string): Promise<void> {
    await this.queue.listenForReplies(
      apiId,
      (replies) => this.take(replies),
      () => this.pending.checkAll(),
    );
    this.timers.push(
      setInterval(() => {
        this.looking ??= this.lookAtDue().finally(() => (this.looking = undefined));
      }, LOOK_EVERY_MS),
      setInterval(() => {
        this.counting ??= this.findMissing().finally(() => (this.counting = undefined));
      }, MISSING_EVERY_MS),
    );
  }

  async stop(): Promise<void> {
    for (const timer of this.timers.splice(0)) clearInterval(timer);
    await Promise.all([this.looking, this.counting]);
  }

  join(jobId: string, queue: string, expectation: Expectation): Waiter {
    return this.pending.join(jobId, queue, expectation);
  }

  /** Ids and queues of the jobs that somebody waits for. */
  all(): [jobId: string, queue: string][] {
    return this.pending.all();
  }

  /** Whether somebody waits for a job that is there for nobody else. */
  isOwn(jobId: string): boolean {
    return this.pending.isOwn(jobId);
  }

  fail(jobId: string, reason: SluiceError): void {
    this.pending.fail(jobId, reason);
  }

  /** Reads where jobs stand, and answers those who wait for one that has ended. */
  async look(queue: string, ids: readonly string[]): Promise<void> {
    const enqueued = ids.filter((id) => !this.placement.isOnItsWay(id));
    const statuses = await this.queue.inspect(queue, enqueued);
    for (const [index, id] of enqueued.entries()) this.apply(id, statuses[index]);
  }

  private take(replies: readonly Reply[]): void {
    for (const { jobId, outcome } of replies) this.end(jobId, outcome);
  }

  /** Nothing when nobody waits: an answer may come twice. */
  private end(jobId: string, outcome: Outcome): void {
    if (outcome.ok) this.pending.complete(jobId, outcome.result);
    else this.pending.fail(jobId, outcome.error);
  }

  private async lookAtDue(): Promise<void> {
    try {
      for (const [queue, ids] of this.pending.due(LOOKS_AT_ONCE)) await this.look(queue, ids);
    } catch (error) {
      this.logger.warn({ pending: this.pending.size, reason: messageOf(error) }, 'repair_failed');
    }
  }

  private async findMissing(): Promise<void> {
    try {
      for (const [queue, ids] of this.pending.byQueue()) {
        const enqueued = ids.filter((id) => !this.placement.isOnItsWay(id));
        for (const id of await this.queue.missing(queue, enqueued)) this.apply(id, { state: 'gone' });
      }
    } catch (error) {
      this.logger.warn({ pending: this.pending.size, reason: messageOf(error) }, 'repair_failed');
    }
  }

  private apply(id: string, status: JobStatus | undefined): void {
    if (!this.pending.has(id)) return;
    if (status?.state === 'ended') {
      this.logger.info({ jobId: id }, 'reply_repaired');
      this.end(id, status.outcome);
    }
    if (status?.state === 'gone') {
      const message = 'the job was removed from its queue before it was answered';
      this.pending.fail(id, new SluiceError('job_removed', message));
    }
  }
}
