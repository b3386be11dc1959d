import { Injectable } from '@nestjs/common';
import {
  decodeUpdateJob,
  encodeUpdateJob,
  messageOf,
  SluiceError,
  workerUpdateQueue,
  type ModelRef,
  type ProfileJob,
} from '@sluice/contracts';
import { JobIds, JobQueue, type LeasedJob } from '@sluice/job-queue';
import { afterDeath } from '@sluice/scheduling';
import { LeaseKeeper } from '../lease/lease-keeper.js';
import { Random } from '../lifecycle/random.js';
import { WorkerIdentity } from '../lifecycle/worker-identity.js';
import { Settler } from '../settle/settler.js';
import { Profiler } from './profiler.js';
import { UpdateLane } from './update-lane.js';

/** An update that nobody has begun by then is not wanted any more. */
const EXPIRES_AFTER_MS = 60 * 60 * 1000;

/**
 * Takes the updates that belong to this worker from its own queue, one at a time: what it holds, no scheduler sees. The
 * queue goes with the worker, and what was in it is asked for again by whoever loads the model next.
 */
@Injectable()
export class UpdateIntake {
  readonly queue: string;
  private readonly ids: JobIds;
  private stopped = false;

  constructor(
    private readonly identity: WorkerIdentity,
    private readonly jobs: JobQueue,
    private readonly lane: UpdateLane,
    private readonly profiler: Profiler,
    private readonly leases: LeaseKeeper,
    private readonly settler: Settler,
    random: Random,
  ) {
    this.queue = workerUpdateQueue(identity.id);
    this.ids = new JobIds(
      () => jobs.now(),
      () => random.next(),
    );
  }

  get hasRoom(): boolean {
    return !this.stopped && this.lane.isFree;
  }

  stop(): void {
    this.stopped = true;
  }

  /** Removes the queue: nobody else does what is in it. */
  async discard(): Promise<void> {
    await this.jobs.removeQueue(this.queue);
  }

  /** Asks for a profile of a version on this worker. */
  async askForProfile({ model, version }: ModelRef): Promise<void> {
    const job: ProfileJob = { kind: 'profile', model, version, again: false };
    const expiresAt = this.jobs.now() + EXPIRES_AFTER_MS;
    const payload = encodeUpdateJob(job);
    const [id, label] = [this.ids.next(), { model, version }];
    await this.jobs.enqueue(this.queue, [{ id, name: job.kind, label, replyTo: '', priority: 1, expiresAt, payload }]);
  }

  /** Takes the next update. @returns whether there was one */
  async pull(): Promise<boolean> {
    const { jobs, dropped } = await this.jobs.lease(this.queue, { holder: this.identity.id, max: 1 });
    if (dropped.length > 0) await this.settler.replyDropped(dropped);
    for (const leased of jobs) await this.begin(leased);
    return jobs.length + dropped.length > 0;
  }

  private async begin(leased: LeasedJob): Promise<void> {
    this.leases.hold([leased.lease]);
    try {
      if (afterDeath(leased.deaths) === 'poisoned')
        throw new SluiceError('poisoned', `the worker died ${leased.deaths.alone} times in this update`);
      const job = decode(leased.payload);
      let progress = 0;
      const name = `${job.kind} ${job.model} ${job.version}`;
      const work = await this.profiler.prepare(job, leased.lease.jobId, (done) => (progress = done));
      this.lane.begin({ leased, work, progress: () => ({ name, progress }) });
    } catch (error) {
      const code = error instanceof SluiceError ? error.code : 'internal';
      await this.settler.settle([[leased, { ok: false, error: { code, message: messageOf(error) } }]]);
    }
  }
}

function decode(payload: Uint8Array): ProfileJob {
  try {
    return decodeUpdateJob(payload);
  } catch (error) {
    throw new SluiceError('invalid_request', messageOf(error), { cause: error });
  }
}
