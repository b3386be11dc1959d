import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { ApiConfig } from '@sluice/config';
import { SluiceError, type ModelRef } from '@sluice/contracts';
import { JobQueue, type JobRecord } from '@sluice/job-queue';
import { InferCodec } from '../inference/codec/infer-codec.js';
import { formatJob, jobJson, newJobView, type JobView } from './format-job.js';
import { inTime } from './in-time.js';
import type { JobSpec } from './job-placement.js';
import { JobRunner } from './job-runner.js';
import { MAX_LISTED, type JobsQuery } from './jobs-query.js';
import { isUpdateQueue, parsePublicJobId, publicJobId, type JobReference } from './public-job-id.js';

/** Jobs that are looked at in one go while a page is filled. */
const CHUNK = 100;
/** Longest wait for Redis alone. */
const REDIS_MS = 5_000;

/** Who asks about a job. */
export interface Viewer {
  readonly caller: string;
  /** May see and remove the jobs of others. */
  readonly isAdmin: boolean;
}

/** Asynchronous jobs, and those with a key, for their owners: others do not see that they exist. */
@Injectable()
export class JobsService implements BeforeApplicationShutdown {
  private readonly closing = new AbortController();

  constructor(
    private readonly config: ApiConfig,
    private readonly queue: JobQueue,
    private readonly jobs: JobRunner,
    private readonly codec: InferCodec,
  ) {}

  /** Who waits for the end of a job learns how it stands, and asks another process. */
  beforeApplicationShutdown(): void {
    this.closing.abort();
  }

  /**
   * Accepts a job: it runs from now on, whatever becomes of this process and of the client.
   * @returns what the client is told of it; of a repeated request how its first job stands
   * @throws SluiceError deadline_unreachable, queue_full, queue_paused, payload_too_large, idempotency_mismatch,
   * redis_unavailable
   */
  async submit(ref: ModelRef, spec: Omit<JobSpec, 'keepResultMs'>): Promise<JobView> {
    const { keepResultMs } = this.config.asyncJobs;
    const createdAt = this.queue.now();
    const { record, ...address } = await this.jobs.submit({ ...spec, keepResultMs }, REDIS_MS);
    if (record) return formatJob(record);
    return newJobView(ref, address, createdAt, createdAt + spec.timeoutMs);
  }

  /**
   * @param waitMs how long to wait for the job's end
   * @returns the job's JSON, with its result when it is completed
   * @throws SluiceError not_found, result_expired
   */
  async read(publicId: string, viewer: Viewer, waitMs: number, gone: AbortSignal): Promise<string> {
    const reference = parsePublicJobId(publicId);
    let record = await this.find(reference, viewer);
    if (waitMs > 0 && record.endedAt === undefined) {
      const signal = AbortSignal.any([gone, this.closing.signal, AbortSignal.timeout(waitMs)]);
      await this.jobs.ended(reference, record.replyTo, signal);
      record = await this.find(reference, viewer);
    }
    const view = formatJob(record);
    return record.state === 'completed' ? this.withResult(reference, record, view) : jobJson(view);
  }

  /** Removes a job that waits, or the result of one that has ended. @throws SluiceError not_found, result_expired, job_started */
  async remove(publicId: string, viewer: Viewer): Promise<void> {
    const reference = parsePublicJobId(publicId);
    const { queue, jobId } = reference;
    await this.find(reference, viewer);
    const [outcome] = await inTime(this.queue.cancel(queue, [jobId]), REDIS_MS);
    if (outcome === 'started') {
      const message = 'the job has started and cannot be stopped: its result can be removed once it has ended';
      throw new SluiceError('job_started', message);
    }
    if (outcome === 'ended') await inTime(this.queue.forget(queue, [jobId]), REDIS_MS);
  }

  /** One page of a caller's jobs, newest first; `more` when there is another. */
  async list({ state, model, page, size }: JobsQuery, caller: string): Promise<{ jobs: JobView[]; more: boolean }> {
    const wanted = page * size + 1;
    const found: JobView[] = [];
    for (let offset = 0; offset < MAX_LISTED && found.length < wanted; offset += CHUNK) {
      const addresses = await inTime(this.queue.owned(caller, offset, CHUNK), REDIS_MS);
      const views = addresses
        .filter(({ queue }) => model === undefined || mayBeOf(model, queue))
        .map(async ({ queue, jobId }) => {
          const [record] = await this.queue.describe(queue, [jobId]);
          return record && formatJob(record);
        });
      const known = (await inTime(Promise.all(views), REDIS_MS)).flatMap((view) => view ?? []);
      found.push(
        ...known
          .filter((view) => model === undefined || view.model === model)
          .filter((view) => state === undefined || view.state === state),
      );
      if (addresses.length < CHUNK) break;
    }
    return { jobs: found.slice((page - 1) * size, page * size), more: found.length >= wanted };
  }

  private async find({ queue, jobId, createdAt }: JobReference, viewer: Viewer): Promise<JobRecord> {
    const [record] = await inTime(this.queue.describe(queue, [jobId]), REDIS_MS);
    if (record?.owner === viewer.caller || (record?.owner !== undefined && viewer.isAdmin)) return record;
    const isOld = createdAt + this.config.asyncJobs.keepResultMs <= this.queue.now();
    if (!record && isOld)
      throw new SluiceError('result_expired', 'the job ended long ago: its result is no longer kept');
    throw new SluiceError('not_found', `there is no job ${publicJobId({ queue, jobId })}`);
  }

  private async withResult({ queue, jobId }: JobReference, record: JobRecord, view: JobView): Promise<string> {
    const [status] = await inTime(this.queue.inspect(queue, [jobId]), REDIS_MS);
    if (status?.state !== 'ended' || !status.outcome.ok)
      throw new SluiceError('result_expired', 'the result is no longer kept');
    // What comes of an update is JSON.
    if (isUpdateQueue(queue)) return jobJson(view, Buffer.from(status.outcome.result).toString());
    const id = record.label['request'];
    try {
      const { model, version } = view;
      const reply = { model, version, id: id?.toString(), outputs: [] };
      const { body } = await this.codec.write(reply, status.outcome.result);
      return jobJson(view, typeof body === 'string' ? body : Buffer.from(body).toString());
    } catch (error) {
      // The outputs are there, but JSON cannot carry them.
      if (error instanceof SluiceError) return jobJson({ ...view, error: error.toBody() });
      throw error;
    }
  }
}

/** Which model an update is about only the job itself says. */
function mayBeOf(model: string, queue: string): boolean {
  return isUpdateQueue(queue) || queue.split('.')[1] === model;
}
