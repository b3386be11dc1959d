import { Injectable } from '@nestjs/common';
import { Clock } from '@sluice/clock';
import {
  decodeUpdateJob,
  encodeUpdateJob,
  messageOf,
  MODEL_UPDATE_QUEUE,
  SluiceError,
  workerUpdateQueue,
  type UpdateJob,
} from '@sluice/contracts';
import { JobIds, JobQueue, type LeasedJob } from '@sluice/job-queue';
import { afterDeath } from '@sluice/scheduling';
import { LeaseKeeper } from '../lease/lease-keeper.js';
import { Random } from '../lifecycle/random.js';
import { WorkerIdentity } from '../lifecycle/worker-identity.js';
import type { SlicedWork, WorkProgress } from './sliced-work.js';
import { UpdateLane } from './update-lane.js';
import { UpdateStages } from './update-stages.js';

/** An update that nobody has begun by then is not wanted any more. */
const EXPIRES_AFTER_MS = 60 * 60 * 1000;
/** A job that is not for this worker is left to others for so long. */
const LEAVE_MS = 1_000;

/**
 * Takes updates, one at a time: what it holds, no scheduler sees. First those of this worker's own queue, which goes with
 * the worker, and what was in it is asked for again by whoever needs it; then those that any worker does for the fleet.
 */
@Injectable()
export class UpdateIntake {
  private readonly own: string;
  private readonly ids: JobIds;
  private leftUntil = -Infinity;
  private stopped = false;

  constructor(
    private readonly identity: WorkerIdentity,
    private readonly jobs: JobQueue,
    private readonly lane: UpdateLane,
    private readonly stages: UpdateStages,
    private readonly leases: LeaseKeeper,
    private readonly clock: Clock,
    random: Random,
  ) {
    this.own = workerUpdateQueue(identity.id);
    this.ids = new JobIds(
      () => jobs.now(),
      () => random.next(),
    );
  }

  get hasRoom(): boolean {
    return !this.stopped && this.lane.isFree;
  }

  /** Where there may be updates for this worker now. */
  get queues(): readonly string[] {
    return this.clock.now() < this.leftUntil ? [this.own] : [this.own, MODEL_UPDATE_QUEUE];
  }

  stop(): void {
    this.stopped = true;
  }

  /** Removes the own queue: nobody else does what is in it. */
  async discard(): Promise<void> {
    await this.jobs.removeQueue(this.own);
  }

  /** Asks this worker to do a job. @returns its id */
  async ask(job: UpdateJob): Promise<string> {
    const { kind, model, version } = job;
    const expiresAt = this.jobs.now() + EXPIRES_AFTER_MS;
    const label = {
      model,
      version,
      ...(job.kind === 'introduce' && { generation: job.generation, attempt: job.attempt }),
    };
    const id = this.ids.next();
    const payload = encodeUpdateJob(job);
    await this.jobs.enqueue(this.own, [{ id, name: kind, label, replyTo: '', priority: 1, expiresAt, payload }]);
    return id;
  }

  /** Whether a job that was asked for is waiting or being done. */
  async isPending(id: string): Promise<boolean> {
    const [status] = await this.jobs.inspect(this.own, [id]);
    return status?.state === 'waiting' || status?.state === 'active';
  }

  /** Takes the next update. @returns whether there was one */
  async pull(): Promise<boolean> {
    const heads = await this.jobs.heads(this.queues);
    const filled = this.queues.find((queue) => heads.some((head) => head.queue === queue));
    if (filled === undefined) return false;
    const { jobs, dropped } = await this.jobs.lease(filled, { holder: this.identity.id, max: 1 });
    for (const leased of jobs) this.begin(leased);
    return jobs.length + dropped.length > 0;
  }

  private begin(leased: LeasedJob): void {
    this.leases.hold([leased.lease]);
    let working: WorkProgress = { name: 'update', progress: 0 };
    this.lane.begin({
      leased,
      prepare: (signal) => this.prepare(leased, signal, (progress) => (working = progress)),
      progress: () => working,
    });
  }

  private async prepare(
    leased: LeasedJob,
    signal: AbortSignal,
    tell: (progress: WorkProgress) => void,
  ): Promise<SlicedWork | undefined> {
    const job = decode(leased.payload);
    const name = `${job.kind} ${job.model} ${job.version}`;
    tell({ name, progress: 0 });
    if (afterDeath(leased.deaths) === 'poisoned')
      throw new SluiceError('poisoned', `the worker died ${leased.deaths.alone} times in this update`);
    const stage = this.stages.of(job);
    const work = stage
      ? await stage.prepare(job, {
          jobId: leased.lease.jobId,
          onProgress: (progress) => tell({ name, progress }),
          signal,
        })
      : 'not-here';
    if (work !== 'not-here') return work;
    await this.leave(leased);
    return undefined;
  }

  /** Another worker may hear of it at once: this one does not listen there for a while. */
  private async leave({ lease }: LeasedJob): Promise<void> {
    this.leftUntil = this.clock.now() + LEAVE_MS;
    this.leases.drop([lease]);
    // What could not be given back lapses.
    await this.jobs.release([lease]).catch(() => {});
  }
}

function decode(payload: Uint8Array): UpdateJob {
  try {
    return decodeUpdateJob(payload);
  } catch (error) {
    throw new SluiceError('invalid_request', messageOf(error), { cause: error });
  }
}
