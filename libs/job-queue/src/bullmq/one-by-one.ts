import type {
  CancelOutcome,
  Judge,
  Lease,
  LeaseRequest,
  LeaseResult,
  NewJob,
  SettleOutcome,
  Settlement,
  SweptJob,
} from '../job-queue.js';
import { keepMs } from '../retention.js';
import { jobOptions } from './job-options.js';
import { LeasedJobs } from './leased-jobs.js';
import { Leasing } from './leasing.js';
import { Removal } from './removal.js';
import { Settling } from './settling.js';
import { DEFAULT_NAME, toJobData } from './stored-job.js';
import { sweepQueue } from './sweep.js';
import type { TransitionParts, Transitions } from './transitions.js';

/** BullMQ's own scripts, through its public API: one call for each job. The measure of right, not of speed. */
export class OneByOne implements Transitions {
  private readonly leasing: Leasing;
  private readonly settling: Settling;
  private readonly removal: Removal;

  constructor(private readonly parts: TransitionParts) {
    const { handles, bytes, retention, settings, listening, replies, clock } = parts;
    const leased = new LeasedJobs(handles);
    this.settling = new Settling(handles, leased, bytes, retention, replies, settings);
    this.leasing = new Leasing(handles, leased, this.settling, bytes, listening, clock, settings);
    this.removal = new Removal(handles, bytes);
  }

  async add(name: string, jobs: readonly NewJob[]): Promise<void> {
    const { handles, bytes, settings, clock } = this.parts;
    const { queue, keys } = handles.of(name);
    const entries = await Promise.all(
      jobs.map(async (job) => {
        const payloadUntil = job.expiresAt + keepMs(job.keepResultMs, settings);
        const payload = await bytes.put(keys.payload(job.id), job.payload, payloadUntil);
        const opts = jobOptions(job, clock.now(), settings);
        return { name: job.name ?? DEFAULT_NAME, data: toJobData(job, payload), opts };
      }),
    );
    const [only] = entries;
    if (only && entries.length === 1) await queue.add(only.name, only.data, only.opts);
    else await queue.addBulk(entries);
  }

  lease(queue: string, request: LeaseRequest): Promise<LeaseResult> {
    return this.leasing.lease(queue, request);
  }

  extend(leases: readonly Lease[]): Promise<Lease[]> {
    return this.leasing.extend(leases);
  }

  settle(settlements: readonly Settlement[]): Promise<SettleOutcome[]> {
    return this.settling.settle(settlements);
  }

  release(leases: readonly Lease[]): Promise<void> {
    return this.leasing.release(leases);
  }

  async sweep(queue: string, judge: Judge): Promise<SweptJob[]> {
    const { redis, handles } = this.parts;
    const swept = await sweepQueue(redis, handles.of(queue), judge);
    if (swept.length > 0) await handles.wake(queue);
    return swept;
  }

  cancel(queue: string, jobIds: readonly string[]): Promise<CancelOutcome[]> {
    return this.removal.cancel(queue, jobIds);
  }
}
