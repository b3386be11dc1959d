import { setTimeout as delay } from 'node:timers/promises';
import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Cluster } from '@sluice/cluster';
import { SluiceError } from '@sluice/contracts';
import { JobQueue, type CancelOutcome, type JobAddress } from '@sluice/job-queue';
import { Logger } from '@sluice/telemetry';
import { Admission } from '../admission/admission.js';
import { DRAIN_MS } from '../lifecycle/shutdown-deadline.js';
import { Answers } from './answers.js';
import { ApiIdentity } from './api-identity.js';
import { inTime } from './in-time.js';
import { JobPlacement, type JobSpec, type PlacedJob } from './job-placement.js';

export interface JobRequest extends JobSpec {
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** How much later than its deadline a request may be answered because we look for its result once more. */
const LAST_LOOK_MS = 250;

/**
 * Runs jobs through the durable queue: to their end (`run`), or until they are accepted (`submit`).
 *
 * What nobody waits for any more is removed from the queue, if it has not started; not so a job with a key or of a client
 * that asks later, which is there for others too. No client waits for Redis beyond its deadline: a Redis that does not
 * answer holds up the clean-up, not the reply.
 */
@Injectable()
export class JobRunner implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly placement: JobPlacement;
  private readonly answers: Answers;
  private readonly cancelling = new Set<Promise<unknown>>();
  private draining: NodeJS.Timeout | undefined;

  constructor(
    private readonly queue: JobQueue,
    private readonly cluster: Cluster,
    private readonly identity: ApiIdentity,
    admission: Admission,
    private readonly logger: Logger,
  ) {
    this.placement = new JobPlacement(queue, admission, identity.id);
    this.answers = new Answers(queue, this.placement, logger);
  }

  async onApplicationBootstrap(): Promise<void> {
    await Promise.all([this.queue.start(), this.cluster.start()]);
    await this.answers.start(this.identity.id);
  }

  /** The HTTP server waits for the requests that it has; those that take too long are sent elsewhere. */
  beforeApplicationShutdown(): void {
    const reason = new SluiceError('shutting_down', 'the server is shutting down: send the request again');
    this.draining = setTimeout(() => {
      for (const [id, queue] of this.answers.all()) void this.abandon(queue, id, reason);
    }, DRAIN_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.draining);
    await this.answers.stop();
    await Promise.all(this.cancelling);
    await this.cluster.stop();
    await this.queue.stop();
  }

  /**
   * @returns what the worker settled the job with
   * @throws SluiceError the job's own error; deadline_unreachable, queue_full, queue_paused, payload_too_large,
   * redis_unavailable when it was not accepted; idempotency_mismatch; deadline_exceeded; job_removed; shutting_down
   */
  run(request: JobRequest): Promise<Uint8Array> {
    return request.key ? this.runShared(request) : this.runOwn(request);
  }

  /**
   * Resolves when the job is in the queue: from then on it runs, whatever becomes of this process. `record` is there when
   * the request's key stood for a job already.
   * @throws SluiceError as `run`, but for the job's own errors
   */
  async submit(spec: JobSpec, withinMs: number): Promise<PlacedJob> {
    const submitting = (async () => {
      const placed = await this.placement.find(spec);
      if (!placed.record) await this.placement.enqueue(placed, spec);
      return placed;
    })();
    return inTime(submitting, withinMs);
  }

  /** Resolves when the job has ended or is gone, or when aborted. */
  async ended({ queue, jobId }: JobAddress, replyTo: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { answer, leave } = this.answers.join(jobId, queue, this.expectationOf(replyTo));
    const stop = () => leave(new SluiceError('deadline_exceeded', 'waited as long as asked'));
    signal.addEventListener('abort', stop, { once: true });
    // It may have ended before anybody waited.
    void this.answers.look(queue, [jobId]).catch(() => {});
    await answer.catch(() => {});
    signal.removeEventListener('abort', stop);
  }

  /** Ends the requests in a queue that have not started; those that have are answered by whoever has started them. */
  refuseWaiting(queue: string, reason: SluiceError): void {
    for (const [id, itsQueue] of this.answers.all()) {
      if (itsQueue !== queue || !this.answers.isOwn(id)) continue;
      const refusing = this.cancel(queue, id).then((outcome) => {
        if (outcome === 'cancelled') this.answers.fail(id, reason);
        return outcome;
      });
      this.cancelling.add(refusing);
      void refusing.finally(() => this.cancelling.delete(refusing));
    }
  }

  private async runOwn(request: JobRequest): Promise<Uint8Array> {
    const { queue, timeoutMs, signal } = request;
    const address = this.placement.newAddress(request);
    const id = address.jobId;
    const { answer } = this.answers.join(id, queue, 'own');
    const timer = setTimeout(() => void this.expire(queue, id, timeoutMs), timeoutMs);
    const abandon = () => void this.abandon(queue, id, clientWentAway());
    signal.addEventListener('abort', abandon, { once: true });
    this.placement.enqueue(address, request).catch((error: SluiceError) => this.answers.fail(id, error));
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abandon);
    }
  }

  private async runShared(request: JobRequest): Promise<Uint8Array> {
    const { timeoutMs, signal } = request;
    const startedAt = performance.now();
    const placed = await inTime(this.placement.find(request), timeoutMs, () => late(timeoutMs));
    const { queue, jobId, record } = placed;
    // Who else has the key may be enqueueing the job at this moment, and be sent the answer.
    const expectation = record ? this.expectationOf(record.replyTo) : placed.isOurs ? 'shared' : 'elsewhere';
    const { answer, leave } = this.answers.join(jobId, queue, expectation);
    const leftMs = timeoutMs - (performance.now() - startedAt);
    const timer = setTimeout(() => void this.lastLook(queue, jobId).then(() => leave(late(timeoutMs))), leftMs);
    const goAway = () => leave(clientWentAway());
    signal.addEventListener('abort', goAway, { once: true });
    if (record) void this.answers.look(queue, [jobId]).catch(() => {});
    else this.placement.enqueue(placed, request).catch(leave);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', goAway);
    }
  }

  private expectationOf(replyTo: string): 'shared' | 'elsewhere' {
    return replyTo === this.identity.id ? 'shared' : 'elsewhere';
  }

  private async expire(queue: string, id: string, timeoutMs: number): Promise<void> {
    await this.lastLook(queue, id);
    await this.abandon(queue, id, late(timeoutMs));
  }

  /** The answer may be there and only its message lost. */
  private async lastLook(queue: string, id: string): Promise<void> {
    await Promise.race([this.answers.look(queue, [id]).catch(() => {}), delay(LAST_LOOK_MS)]);
  }

  private async abandon(queue: string, id: string, reason: SluiceError): Promise<void> {
    const isOwn = this.answers.isOwn(id);
    this.answers.fail(id, reason);
    if (!isOwn) return;
    const cancelling = this.cancel(queue, id);
    this.cancelling.add(cancelling);
    const outcome = await cancelling.finally(() => this.cancelling.delete(cancelling));
    this.logger.info({ jobId: id, code: reason.code, outcome }, 'job_abandoned');
  }

  private async cancel(queue: string, id: string): Promise<CancelOutcome | undefined> {
    // What is not in the queue yet could not be found there.
    await this.placement.arrived(id);
    const [outcome] = await this.queue.cancel(queue, [id]).catch(() => []);
    return outcome;
  }
}

function late(timeoutMs: number): SluiceError {
  return new SluiceError('deadline_exceeded', `the request was not answered within its deadline of ${timeoutMs} ms`);
}

function clientWentAway(): SluiceError {
  return new SluiceError('job_removed', 'the client went away');
}
