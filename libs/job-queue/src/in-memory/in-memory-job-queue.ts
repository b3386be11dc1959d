import { SluiceError } from '@sluice/contracts';
import {
  JobQueue,
  type CancelOutcome,
  type Deaths,
  type DroppedJob,
  type JobStatus,
  type Judge,
  type Lease,
  type LeasedJob,
  type LeaseRequest,
  type LeaseResult,
  type NewJob,
  type Outcome,
  type QueueCounts,
  type QueueSettings,
  type SettleOutcome,
  type Settlement,
  type SweptJob,
} from '../job-queue.js';
import type { Claim, JobAddress, JobRecord } from '../job-record.js';
import { checkPayloads, checkRoom, limitResult } from '../limits.js';
import { expiredError } from '../expiry.js';
import { keepMs } from '../retention.js';
import { excessJobs } from './excess-jobs.js';
import { byArrival, byTurn, recordOf, type MemoryJob } from './memory-job.js';

/**
 * The queue as a data structure, for the simulator and for tests of policy: it passes the same conformance suite as the
 * adapters on Redis. All processes of a simulation share one instance. Time is an argument.
 */
export class InMemoryJobQueue extends JobQueue {
  private readonly jobs = new Map<string, Map<string, MemoryJob>>();
  private readonly pausedQueues = new Set<string>();
  private readonly claims = new Map<string, { readonly claim: Claim; readonly until: number }>();
  private readonly waiters = new Set<() => void>();
  private tokens = 0;

  constructor(
    private readonly settings: QueueSettings,
    private readonly clock: () => number,
  ) {
    super();
  }

  override now(): number {
    return this.clock();
  }

  override async enqueue(queue: string, jobs: readonly NewJob[]): Promise<void> {
    if (this.pausedQueues.has(queue)) throw new SluiceError('queue_paused', `queue ${queue} is paused`);
    const known = this.jobsOf(queue);
    const fresh = jobs.filter(({ id }) => !known.has(id));
    checkPayloads(fresh, this.settings);
    checkRoom(queue, this.count(queue, 'waiting'), fresh.length, this.settings);
    this.jobs.set(queue, known);
    for (const spec of fresh) {
      const deaths = { inCompany: 0, alone: 0 };
      known.set(spec.id, { spec, enqueuedAt: this.clock(), deaths, attempt: 0, state: 'waiting' });
    }
    this.wakeAll();
  }

  override async lease(queue: string, { holder, max }: LeaseRequest): Promise<LeaseResult> {
    const token = `${holder}:${++this.tokens}`;
    const jobs: LeasedJob[] = [];
    const dropped: DroppedJob[] = [];
    if (this.pausedQueues.has(queue)) return { jobs, dropped };
    for (const job of this.waitingInOrder(queue).slice(0, max)) {
      const { id: jobId, replyTo, priority, expiresAt, payload } = job.spec;
      const lease = { queue, jobId, holder, token, attempt: ++job.attempt };
      if (expiresAt <= this.clock()) {
        const error = expiredError(this.clock() - job.enqueuedAt);
        this.end(job, lease, { ok: false, error });
        dropped.push({ jobId, replyTo, error });
        continue;
      }
      job.state = 'active';
      job.started = { at: this.clock(), holder };
      job.held = { lease, until: this.clock() + this.settings.leaseMs };
      const deaths: Deaths = { ...job.deaths };
      jobs.push({ lease, replyTo, priority, enqueuedAt: job.enqueuedAt, expiresAt, payload, deaths });
    }
    return { jobs, dropped };
  }

  override async extend(leases: readonly Lease[]): Promise<Lease[]> {
    return leases.filter((lease) => {
      const held = this.heldBy(lease)?.held;
      if (held) held.until = this.clock() + this.settings.leaseMs;
      return !held;
    });
  }

  override async settle(settlements: readonly Settlement[]): Promise<SettleOutcome[]> {
    return settlements.map(({ lease, outcome }) => {
      const job = this.heldBy(lease);
      if (job) {
        this.end(job, lease, limitResult(outcome, this.settings));
        return 'settled';
      }
      const by = this.jobsOf(lease.queue).get(lease.jobId)?.ended?.by;
      return by && sameLease(by, lease) ? 'settled' : 'lost';
    });
  }

  override async release(leases: readonly Lease[]): Promise<void> {
    for (const lease of leases) {
      const job = this.heldBy(lease);
      if (job) this.putBack(job);
    }
    this.wakeAll();
  }

  override async sweep(queue: string, judge: Judge): Promise<SweptJob[]> {
    const swept: SweptJob[] = [];
    for (const job of this.jobsOf(queue).values()) {
      const held = job.held;
      if (job.state !== 'active' || !held) continue;
      const { jobId, holder } = held.lease;
      const verdict = await judge(holder);
      const lapsed = held.until <= this.clock();
      // Judging took time: the job may have moved on.
      if ((verdict.alive && !lapsed) || job.held !== held) continue;
      const wasRunning = !verdict.alive && verdict.running.includes(jobId);
      const death = !wasRunning ? 'none' : verdict.running.length > 1 ? 'in-company' : 'alone';
      if (death === 'in-company') job.deaths.inCompany++;
      if (death === 'alone') job.deaths.alone++;
      this.putBack(job);
      swept.push({ jobId, holder, reason: verdict.alive ? 'lease-lapsed' : 'holder-gone', death });
    }
    if (swept.length > 0) this.wakeAll();
    return swept;
  }

  override async cancel(queue: string, jobIds: readonly string[]): Promise<CancelOutcome[]> {
    const jobs = this.jobsOf(queue);
    return jobIds.map((id) => {
      const state = jobs.get(id)?.state;
      if (state === 'active') return 'started';
      if (state !== 'waiting') return 'ended';
      jobs.delete(id);
      return 'cancelled';
    });
  }

  override async inspect(queue: string, jobIds: readonly string[]): Promise<JobStatus[]> {
    const jobs = this.jobsOf(queue);
    return jobIds.map((id) => {
      const job = jobs.get(id);
      if (!job) return { state: 'gone' };
      if (job.ended) return { state: 'ended', outcome: job.ended.outcome };
      return { state: job.state === 'active' ? 'active' : 'waiting' };
    });
  }

  override async missing(queue: string, jobIds: readonly string[]): Promise<string[]> {
    const jobs = this.jobsOf(queue);
    return jobIds.filter((id) => !jobs.has(id));
  }

  override async describe(queue: string, jobIds: readonly string[]): Promise<(JobRecord | undefined)[]> {
    const jobs = this.jobsOf(queue);
    const waiting = this.waitingInOrder(queue);
    return jobIds.map((id) => {
      const job = jobs.get(id);
      return job && recordOf(queue, job, waiting.indexOf(job) + 1);
    });
  }

  override async owned(owner: string, offset: number, max: number): Promise<JobAddress[]> {
    const all = [...this.jobs].flatMap(([queue, jobs]) => [...jobs.values()].map((job) => ({ queue, job })));
    return all
      .filter(({ job }) => job.spec.owner === owner)
      .toSorted((a, b) => byArrival(b.job, a.job))
      .slice(offset, offset + max)
      .map(({ queue, job }) => ({ queue, jobId: job.spec.id }));
  }

  override async forget(queue: string, jobIds: readonly string[]): Promise<void> {
    const jobs = this.jobsOf(queue);
    for (const id of jobIds) if (jobs.get(id)?.state === 'ended') jobs.delete(id);
  }

  override async prune(): Promise<number> {
    let pruned = 0;
    for (const jobs of this.jobs.values()) {
      for (const { spec } of excessJobs(jobs.values(), this.clock(), this.settings)) {
        jobs.delete(spec.id);
        pruned++;
      }
    }
    return pruned;
  }

  override async claim(key: string, claim: Claim, forMs: number, instead?: Claim): Promise<Claim> {
    const earlier = this.claims.get(key);
    const stands = earlier && earlier.until > this.clock() && earlier.claim.jobId !== instead?.jobId;
    if (stands) return earlier.claim;
    this.claims.set(key, { claim, until: this.clock() + forMs });
    return claim;
  }

  override async counts(queue: string): Promise<QueueCounts> {
    const ended = [...this.jobsOf(queue).values()].flatMap((job) => job.ended ?? []);
    const completed = ended.filter(({ outcome }) => outcome.ok).length;
    return {
      waiting: this.count(queue, 'waiting'),
      active: this.count(queue, 'active'),
      completed,
      failed: ended.length - completed,
      paused: this.pausedQueues.has(queue),
    };
  }

  override waitForWork(queues: readonly string[], timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted || queues.some((queue) => this.count(queue, 'waiting') > 0)) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.waiters.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      this.waiters.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  /** As an operator does in Bull Board. */
  pause(queue: string): void {
    this.pausedQueues.add(queue);
  }

  resume(queue: string): void {
    this.pausedQueues.delete(queue);
    this.wakeAll();
  }

  override async start(): Promise<void> {}

  override async stop(): Promise<void> {
    this.wakeAll();
  }

  /** Without those whose time is over, whether somebody has pruned or not. */
  private jobsOf(queue: string): Map<string, MemoryJob> {
    const jobs = this.jobs.get(queue) ?? new Map<string, MemoryJob>();
    for (const [id, { ended }] of jobs) if (ended && ended.keptUntil <= this.clock()) jobs.delete(id);
    return jobs;
  }

  private waitingInOrder(queue: string): MemoryJob[] {
    return [...this.jobsOf(queue).values()].filter(({ state }) => state === 'waiting').toSorted(byTurn);
  }

  private count(queue: string, state: MemoryJob['state']): number {
    return [...this.jobsOf(queue).values()].filter((job) => job.state === state).length;
  }

  private heldBy(lease: Lease): MemoryJob | undefined {
    const job = this.jobsOf(lease.queue).get(lease.jobId);
    const held = job?.held;
    return held && held.until > this.clock() && sameLease(held.lease, lease) ? job : undefined;
  }

  private putBack(job: MemoryJob): void {
    job.state = 'waiting';
    delete job.held;
  }

  private end(job: MemoryJob, by: Lease, outcome: Outcome): void {
    job.state = 'ended';
    delete job.held;
    const at = this.clock();
    job.ended = { outcome, at, keptUntil: at + keepMs(job.spec.keepResultMs, this.settings), by };
  }

  private wakeAll(): void {
    for (const wake of this.waiters) wake();
  }
}

function sameLease(a: Lease, b: Lease): boolean {
  return a.token === b.token && a.attempt === b.attempt;
}
