import type { ErrorBody } from '@sluice/contracts';
import { Job } from 'bullmq';
import { formatFailure } from '../failure-text.js';
import type { Lease, Outcome, QueueSettings, SettleOutcome, Settlement } from '../job-queue.js';
import { limitResult } from '../limits.js';
import type { ByteStore } from './byte-store.js';
import type { LeasedJobs } from './leased-jobs.js';
import { isLost } from './lost-lease.js';
import type { QueueHandles } from './queue-handles.js';
import type { Replies } from './replies.js';
import type { EndingJob, Retention } from './retention.js';
import { parseJobData } from './stored-job.js';

interface Ending extends EndingJob {
  readonly job: Job;
  readonly outcome: Outcome;
}

/** The end of jobs: large results are stored, then the jobs are noted in the books, then they end and are answered. */
export class Settling {
  constructor(
    private readonly handles: QueueHandles,
    private readonly leased: LeasedJobs,
    private readonly bytes: ByteStore,
    private readonly retention: Retention,
    private readonly replies: Replies,
    private readonly settings: QueueSettings,
  ) {}

  async settle(settlements: readonly Settlement[]): Promise<SettleOutcome[]> {
    const endings = await Promise.all(settlements.map((settlement) => this.prepare(settlement)));
    // Sent without waiting for one another, in this order, on one connection.
    const noted = this.note(endings.flatMap((ending) => ending ?? []));
    const settling = Promise.all(endings.map((ending) => this.end(ending)));
    const [outcomes] = await Promise.all([settling, noted]);
    const ended = endings.filter((_, index) => outcomes[index] === 'settled').flatMap((ending) => ending ?? []);
    const answered = this.replies.send(
      ended.map(({ lease: { jobId }, data, outcome }) => ({ jobId, outcome, replyTo: data?.replyTo ?? '' })),
    );
    // The payload was kept for whoever would have to run the job again; nobody will.
    const payloads = ended.flatMap(({ data }) => (data && 'key' in data.payload ? [data.payload.key] : []));
    await Promise.all([answered, this.bytes.remove(payloads)]);
    return outcomes;
  }

  private async prepare({ lease, outcome: given }: Settlement): Promise<Ending | undefined> {
    const job = await this.leased.find(lease);
    if (!job) return undefined;
    const data = parseJobData(job.data);
    const outcome = limitResult(given, this.settings);
    if (!outcome.ok) return { job, lease, data, outcome };
    const key = this.handles.keysOf(lease.queue).result(lease.jobId, lease.token);
    const stored = await this.bytes.put(key, outcome.result, this.retention.removalOf(data ?? {}));
    return { job, lease, data, outcome, result: { stored, bytes: outcome.result.byteLength } };
  }

  private async note(endings: readonly Ending[]): Promise<void> {
    const queues = new Set(endings.map(({ lease }) => lease.queue));
    const noted = [...queues].map((queue) =>
      this.retention.note(
        queue,
        endings.filter(({ lease }) => lease.queue === queue),
      ),
    );
    await Promise.all(noted);
  }

  private async end(ending: Ending | undefined): Promise<SettleOutcome> {
    if (!ending) return 'lost';
    const { job, lease, outcome, result } = ending;
    try {
      if (outcome.ok) await job.moveToCompleted(result?.stored, lease.token, false);
      else await job.moveToFailed(failure(outcome.error), lease.token, false);
      return 'settled';
    } catch (error) {
      if (!isLost(error)) throw error;
      // Either somebody else has the job, or this is a repetition of a settle whose answer got lost.
      return (await this.wasSettledBy(lease)) ? 'settled' : 'lost';
    }
  }

  /** A job starts once per lease, so that holder and number of starts name the lease that ended it. */
  private async wasSettledBy({ queue, jobId, holder, attempt }: Lease): Promise<boolean> {
    const job = await Job.fromId(this.handles.of(queue).queue, jobId);
    return job?.finishedOn !== undefined && job.processedBy === holder && job.attemptsStarted === attempt;
  }
}

function failure(error: ErrorBody): Error {
  const thrown = new Error(formatFailure(error));
  // BullMQ would keep our stack, which says nothing about the request.
  delete thrown.stack;
  return thrown;
}
