import { ERRORS, messageOf, SluiceError } from '@sluice/contracts';
import { JobIds, type JobAddress, type JobQueue, type JobRecord, type NewJob } from '@sluice/job-queue';
import type { Admission, Applicant } from '../admission/admission.js';

/** A job that a client asked for, before it has an id. */
export interface JobSpec extends Applicant {
  /** The kind of work; `infer` by default. */
  readonly name?: string;
  readonly label: NewJob['label'];
  /** How long its result is kept, and in whose list it is: for jobs that are asked about later. */
  readonly keepResultMs?: number;
  readonly owner?: string;
  /** With a key, the same request makes the same job. */
  readonly key?: IdempotencyKey;
}

export interface IdempotencyKey {
  /** Of the caller and the key that it sent. */
  readonly digest: string;
  /** Of what it asked for. */
  readonly fingerprint: string;
}

export interface PlacedJob extends JobAddress {
  /** What the queue knows of the job; undefined when it is not there (any more) and has to be enqueued. */
  readonly record: JobRecord | undefined;
  /** Whether this process chose the id, and nobody else enqueues the job. */
  readonly isOurs: boolean;
}

/** Puts jobs into their queues, under an id of their own or under the one that a client's key stands for. */
export class JobPlacement {
  private readonly enqueueing = new Map<string, Promise<void>>();
  private readonly ids: JobIds;

  constructor(
    private readonly queue: JobQueue,
    private readonly admission: Admission,
    private readonly replyTo: string,
  ) {
    this.ids = new JobIds(() => this.queue.now(), Math.random);
  }

  newAddress(spec: JobSpec): JobAddress {
    return { queue: spec.queue, jobId: this.ids.next() };
  }

  /**
   * The job for a request. Without a key a new one. With a key the one that it stands for already; what failed for want
   * of a worker or of time has produced nothing, and is run again.
   * @throws SluiceError idempotency_mismatch, redis_unavailable
   */
  async find(spec: JobSpec): Promise<PlacedJob> {
    const mine = this.newAddress(spec);
    if (!spec.key) return { ...mine, record: undefined, isOurs: true };
    const first = await this.claim(spec, spec.key, mine);
    const record = await this.usable(first);
    // Another version serves now: what is not there any more is asked of that one.
    const isStale = !record && first.queue !== spec.queue;
    const address = isStale ? await this.claim(spec, spec.key, mine, first) : first;
    return { ...address, isOurs: address.jobId === mine.jobId, record };
  }

  /** @throws SluiceError deadline_unreachable, queue_full, queue_paused, payload_too_large, redis_unavailable */
  async enqueue(address: JobAddress, spec: JobSpec): Promise<void> {
    const { jobId } = address;
    const enqueueing = this.letIn(address, spec);
    const settled = enqueueing.catch(() => {}).finally(() => this.enqueueing.delete(jobId));
    this.enqueueing.set(jobId, settled);
    await enqueueing;
  }

  /** What is on its way into the queue is not there yet, and not gone either. */
  isOnItsWay(jobId: string): boolean {
    return this.enqueueing.has(jobId);
  }

  /** Resolves when the job is in its queue, or was refused. */
  async arrived(jobId: string): Promise<void> {
    await this.enqueueing.get(jobId);
  }

  private async letIn({ queue, jobId }: JobAddress, spec: JobSpec): Promise<void> {
    const { name, label, payload, priority, keepResultMs, owner } = spec;
    try {
      await this.admission.check({ ...spec, queue });
      const job: NewJob = {
        id: jobId,
        ...(name !== undefined && { name }),
        label,
        replyTo: this.replyTo,
        priority,
        expiresAt: this.queue.now() + spec.timeoutMs,
        payload,
        ...(keepResultMs !== undefined && { keepResultMs }),
        ...(owner !== undefined && { owner }),
      };
      await this.queue.enqueue(queue, [job]);
    } catch (error) {
      const refusal = asRefusal(error);
      if (refusal.code !== 'queue_full') throw refusal;
      throw await this.admission.whenThereIsRoom(refusal, { ...spec, queue });
    }
  }

  private async claim(spec: JobSpec, key: IdempotencyKey, mine: JobAddress, instead?: JobAddress): Promise<JobAddress> {
    const { digest, fingerprint } = key;
    // As long as the job may wait, and as long as its result may then be kept.
    const forMs = spec.timeoutMs + (spec.keepResultMs ?? 0);
    const asked = { ...mine, fingerprint };
    const claim = await this.queue.claim(digest, asked, forMs, instead && { ...instead, fingerprint });
    if (claim.fingerprint === fingerprint) return claim;
    const message = 'Idempotency-Key: expected the request that it was first used with, this is another one';
    throw new SluiceError('idempotency_mismatch', message);
  }

  private async usable({ queue, jobId }: JobAddress): Promise<JobRecord | undefined> {
    const [record] = await this.queue.describe(queue, [jobId]);
    if (!record?.error || ERRORS[record.error.code].retry === 'never') return record;
    await this.queue.forget(queue, [jobId]);
    return undefined;
  }
}

/** The queue refuses with a SluiceError; whatever else comes out of it is about the connection. */
function asRefusal(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  return new SluiceError('redis_unavailable', `could not enqueue: ${messageOf(error)}`, { cause: error });
}
