import { setTimeout as delay } from 'node:timers/promises';
import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Cluster } from '@sluice/cluster';
import { messageOf, SluiceError } from '@sluice/contracts';
import { JobIds, JobQueue, type CancelOutcome, type JobStatus, type NewJob } from '@sluice/job-queue';
import { Logger } from '@sluice/telemetry';
import { DRAIN_MS } from '../lifecycle/shutdown-deadline.js';
import { ApiIdentity } from './api-identity.js';
import { PendingJobs } from './pending-jobs.js';

export interface JobRequest {
  readonly queue: string;
  readonly label: Readonly<Record<string, string | number>>;
  readonly payload: Uint8Array;
  readonly priority: number;
  readonly timeoutMs: number;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

const REPAIR_EVERY_MS = 250;
const REPAIRS_AT_ONCE = 256;
/** How much later than its deadline a request may be answered because we look for its result once more. */
const LAST_LOOK_MS = 250;

/**
 * Runs a job through the durable queue and waits for its answer.
 *
 * The answer comes as a message, which may get lost; the result itself is kept with the ended job, and whoever has
 * waited for a second looks there. What nobody waits for any more is removed from the queue, if it has not started.
 * No client waits for Redis beyond its deadline: a Redis that does not answer holds up the clean-up, not the reply.
 */
@Injectable()
export class JobRunner implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly pending = new PendingJobs();
  private readonly enqueueing = new Map<string, Promise<void>>();
  private readonly cancelling = new Set<Promise<unknown>>();
  private readonly ids: JobIds;
  private timer: NodeJS.Timeout | undefined;
  private repairing: Promise<void> | undefined;
  private draining: NodeJS.Timeout | undefined;

  constructor(
    private readonly queue: JobQueue,
    private readonly cluster: Cluster,
    private readonly identity: ApiIdentity,
    private readonly logger: Logger,
  ) {
    this.ids = new JobIds(() => this.queue.now(), Math.random);
  }

  async onApplicationBootstrap(): Promise<void> {
    await Promise.all([this.queue.start(), this.cluster.start()]);
    await this.cluster.subscribe(
      this.identity.id,
      (replies) => {
        for (const reply of replies) {
          if ('error' in reply) this.pending.fail(reply.jobId, reply.error);
          else this.pending.complete(reply.jobId, reply.result);
        }
      },
      () => this.pending.checkAll(),
    );
    this.timer = setInterval(() => {
      this.repairing ??= this.repair().finally(() => (this.repairing = undefined));
    }, REPAIR_EVERY_MS);
  }

  /** The HTTP server waits for the requests that it has; those that take too long are sent elsewhere. */
  beforeApplicationShutdown(): void {
    const reason = new SluiceError('shutting_down', 'the server is shutting down: send the request again');
    this.draining = setTimeout(() => {
      for (const [id, queue] of this.pending.all()) void this.abandon(queue, id, reason);
    }, DRAIN_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.draining);
    clearInterval(this.timer);
    await this.repairing;
    await Promise.all(this.cancelling);
    await this.cluster.stop();
    await this.queue.stop();
  }

  /**
   * @returns what the worker settled the job with
   * @throws SluiceError the job's own error; queue_full, queue_paused, payload_too_large, redis_unavailable when it was
   * not accepted; deadline_exceeded; job_removed; shutting_down
   */
  async run({ queue, label, payload, priority, timeoutMs, signal }: JobRequest): Promise<Uint8Array> {
    const id = this.ids.next();
    const answer = this.pending.add(id, queue);
    const expiresAt = this.queue.now() + timeoutMs;
    const timer = setTimeout(() => void this.expire(queue, id, timeoutMs), timeoutMs);
    const abandon = () => void this.abandon(queue, id, new SluiceError('job_removed', 'the client went away'));
    signal.addEventListener('abort', abandon, { once: true });
    this.enqueue(queue, { id, label, replyTo: this.identity.id, priority, expiresAt, payload });
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abandon);
    }
  }

  private enqueue(queue: string, job: NewJob): void {
    const enqueueing = this.queue
      .enqueue(queue, [job])
      .catch((error: unknown) => this.pending.fail(job.id, asRefusal(error)))
      .finally(() => this.enqueueing.delete(job.id));
    this.enqueueing.set(job.id, enqueueing);
  }

  private async expire(queue: string, id: string, timeoutMs: number): Promise<void> {
    // The answer may be there and only its message lost.
    await Promise.race([this.look(queue, [id]).catch(() => {}), delay(LAST_LOOK_MS)]);
    const message = `the request was not answered within its deadline of ${timeoutMs} ms`;
    await this.abandon(queue, id, new SluiceError('deadline_exceeded', message));
  }

  private async abandon(queue: string, id: string, reason: SluiceError): Promise<void> {
    if (!this.pending.has(id)) return;
    this.pending.fail(id, reason);
    const cancelling = this.cancel(queue, id);
    this.cancelling.add(cancelling);
    const outcome = await cancelling.finally(() => this.cancelling.delete(cancelling));
    this.logger.info({ jobId: id, code: reason.code, outcome }, 'job_abandoned');
  }

  private async cancel(queue: string, id: string): Promise<CancelOutcome | undefined> {
    // What is not in the queue yet could not be found there.
    await this.enqueueing.get(id);
    const [outcome] = await this.queue.cancel(queue, [id]).catch(() => []);
    return outcome;
  }

  private async repair(): Promise<void> {
    try {
      for (const [queue, ids] of this.pending.due(REPAIRS_AT_ONCE)) await this.look(queue, ids);
    } catch (error) {
      this.logger.warn({ pending: this.pending.size, reason: messageOf(error) }, 'repair_failed');
    }
  }

  private async look(queue: string, ids: readonly string[]): Promise<void> {
    // What is on its way into the queue is not there yet, and not gone either.
    const enqueued = ids.filter((id) => !this.enqueueing.has(id));
    const statuses = await this.queue.inspect(queue, enqueued);
    for (const [index, id] of enqueued.entries()) this.apply(id, statuses[index]);
  }

  private apply(id: string, status: JobStatus | undefined): void {
    if (!this.pending.has(id)) return;
    if (status?.state === 'ended') {
      this.logger.info({ jobId: id }, 'reply_repaired');
      if (status.outcome.ok) this.pending.complete(id, status.outcome.result);
      else this.pending.fail(id, status.outcome.error);
    }
    if (status?.state === 'gone') {
      this.pending.fail(
        id,
        new SluiceError('job_removed', 'the job was removed from its queue before it was answered'),
      );
    }
  }
}

/** The queue refuses with a SluiceError; whatever else comes out of it is about the connection. */
function asRefusal(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  return new SluiceError('redis_unavailable', `could not enqueue: ${messageOf(error)}`, { cause: error });
}
