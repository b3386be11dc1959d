import { SluiceError } from '@sluice/contracts';
import type { Job } from 'bullmq';
import { expiredError, inputGoneError } from '../expiry.js';
import { fairPart } from '../fair-part.js';
import { groupBy } from '../group-by.js';
import type { DroppedJob, Lease, LeasedJob, LeaseRequest, LeaseResult, QueueSettings } from '../job-queue.js';
import type { ByteStore } from './byte-store.js';
import { newLeaseToken } from './lease-token.js';
import type { Listening } from './listening.js';
import type { LeasedJobs } from './leased-jobs.js';
import { ignoreLost } from './lost-lease.js';
import type { QueueHandles } from './queue-handles.js';
import type { RedisClock } from './redis-clock.js';
import type { Settling } from './settling.js';
import { countDeaths, parseJobData, type StoredJobData } from './stored-job.js';

/**
 * The holder's side of the queue: take jobs, hold on to them, give them back.
 *
 * BullMQ moves one job per script. `lease` therefore sends its scripts all at once, not one after the other: 32 jobs
 * cost about one round trip instead of 32.
 */
export class Leasing {
  constructor(
    private readonly handles: QueueHandles,
    private readonly leased: LeasedJobs,
    private readonly settling: Settling,
    private readonly bytes: ByteStore,
    private readonly listening: Listening,
    private readonly clock: RedisClock,
    private readonly settings: QueueSettings,
  ) {}

  async lease(queue: string, request: LeaseRequest): Promise<LeaseResult> {
    const { holder, max } = request;
    const token = newLeaseToken(holder);
    const worker = this.handles.of(queue).worker(holder);
    const take = (count: number) =>
      Promise.allSettled<Job | undefined>(
        Array.from({ length: count }, () => worker.getNextJob(token, { block: false })),
      );
    // Both are sent at once: a lone job costs one round trip. Redis counts first, and so counts the one that is taken.
    const counting = max > 1 ? this.listening.count(queue) : undefined;
    const [first, counted] = await Promise.all([take(Math.min(max, 1)), counting?.catch(() => undefined)]);
    const isFound = isTaken(first[0]);
    const more = isFound && counted ? fairPart(counted.waiting, counted.listening, request) - 1 : 0;
    const taking = take(more);
    // Whoever is counted as listening until then leaves what is its part; it is sent right behind the scripts that take.
    if (isFound) setImmediate(() => this.listening.leave());
    const rest = await taking;
    const answers = [...first, ...rest];
    // An answer that got lost leaves its job locked by a token that nobody extends: it comes back when it lapses.
    if (answers.length > 0 && answers.every(({ status }) => status === 'rejected')) {
      throw new SluiceError('redis_unavailable', `could not lease from ${queue}`, { cause: answers[0] });
    }
    const jobs = answers.flatMap((answer) => (answer.status === 'fulfilled' ? (answer.value ?? []) : []));
    return this.open(queue, holder, token, jobs);
  }

  async extend(leases: readonly Lease[]): Promise<Lease[]> {
    const lost: Lease[] = [];
    for (const group of groupBy(leases, ({ queue, holder }) => `${queue} ${holder}`).values()) {
      const [first] = group;
      if (!first) continue;
      const { queue, holder } = first;
      const ids = group.map(({ jobId }) => jobId);
      const tokens = group.map(({ token }) => token);
      const failed = new Set(
        await this.handles.of(queue).worker(holder).extendJobLocks(ids, tokens, this.settings.leaseMs),
      );
      lost.push(...group.filter(({ jobId }) => failed.has(jobId)));
    }
    return lost;
  }

  async release(leases: readonly Lease[]): Promise<void> {
    const queues = new Set<string>();
    await Promise.all(
      leases.map(async (lease) => {
        const job = await this.leased.find(lease);
        const released = await job?.moveToWait(lease.token).then(() => true, ignoreLost);
        if (released) queues.add(lease.queue);
      }),
    );
    // BullMQ wakes nobody for a prioritised job that comes back.
    await Promise.all([...queues].map((queue) => this.handles.wake(queue)));
  }

  private async open(queue: string, holder: string, token: string, taken: readonly Job[]): Promise<LeaseResult> {
    const jobs: LeasedJob[] = [];
    const dropped: DroppedJob[] = [];
    await Promise.all(
      taken.map(async (job, index) => {
        const lease = { queue, jobId: job.id ?? '', holder, token, attempt: job.attemptsStarted };
        this.leased.remember(lease, job);
        const opened = await this.openOne(queue, job);
        if (!('error' in opened)) {
          jobs[index] = { lease, ...opened };
          return;
        }
        const [outcome] = await this.settling.settle([{ lease, outcome: { ok: false, error: opened.error } }]);
        if (outcome === 'settled') dropped.push({ jobId: lease.jobId, ...opened });
      }),
    );
    // In the order of the queue, without the holes of what was dropped.
    return { jobs: jobs.filter(Boolean), dropped };
  }

  private async openOne(queue: string, job: Job): Promise<Omit<LeasedJob, 'lease'> | Omit<DroppedJob, 'jobId'>> {
    const data = parseJobData(job.data);
    if (!data) {
      const message = `job ${job.id ?? '?'} was not written by Sluice: it has none of the fields that a request has`;
      return { error: { code: 'invalid_request', message } };
    }
    const { expiresAt } = data;
    const now = this.clock.now();
    if (expiresAt <= now) return { error: expiredError(now - job.timestamp) };
    const payload = await this.bytes.get(data.payload, this.handles.keysOf(queue).job(job.id ?? ''));
    if (!payload) return { error: inputGoneError() };
    return {
      priority: job.priority,
      enqueuedAt: job.timestamp,
      expiresAt,
      payload,
      deaths: deathsOf(job, data),
    };
  }
}

/** BullMQ's stalled check (of a plain worker beside us) gave the job up; Sluice counts it as one more death. */
function deathsOf(job: Job, data: StoredJobData): LeasedJob['deaths'] {
  const deaths = countDeaths(data);
  return job.deferredFailure ? { ...deaths, inCompany: deaths.inCompany + 1 } : deaths;
}

function isTaken(answer: PromiseSettledResult<Job | undefined> | undefined): boolean {
  return answer?.status === 'fulfilled' && answer.value !== undefined;
}
