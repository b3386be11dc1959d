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
import { checkPayloads, checkRoom, limitResult } from '../limits.js';
import { expiredError } from '../expiry.js';

interface Job {
  readonly spec: NewJob;
  readonly enqueuedAt: number;
  readonly deaths: { inCompany: number; alone: number };
  attempt: number;
  state: 'waiting' | 'active' | 'ended';
  /** While active. */
  held?: { lease: Lease; until: number };
  /** When ended. */
  ended?: { outcome: Outcome; at: number; by: Lease };
}

/**
 * The queue as a data structure, for the simulator and for tests of policy: it passes the same conformance suite as the
 * adapters on Redis. All processes of a simulation share one instance. Time is an argument.
 */
export class InMemoryJobQueue extends JobQueue {
  private readonly queues = new Map<string, Map<string, Job>>();
  private readonly pausedQueues = new Set<string>();
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

  private jobsOf(queue: string): Map<string, Job> {
    let jobs = this.queues.get(queue);
    if (!jobs) this.queues.set(queue, (jobs = new Map()));
    for (const [id, { ended }] of jobs) {
      if (ended && ended.at + this.settings.keepResultsMs <= this.clock()) jobs.delete(id);
    }
    return jobs;
  }

  private waitingInOrder(queue: string): Job[] {
    return [...this.jobsOf(queue).values()]
      .filter(({ state }) => state === 'waiting')
      .toSorted(
        (a, b) => a.spec.priority - b.spec.priority || a.enqueuedAt - b.enqueuedAt || (a.spec.id < b.spec.id ? -1 : 1),
      );
  }

  private count(queue: string, state: Job['state']): number {
    return [...this.jobsOf(queue).values()].filter((job) => job.state === state).length;
  }

  private heldBy(lease: Lease): Job | undefined {
    const job = this.jobsOf(lease.queue).get(lease.jobId);
    const held = job?.held;
    return held && held.until > this.clock() && sameLease(held.lease, lease) ? job : undefined;
  }

  private putBack(job: Job): void {
    job.state = 'waiting';
    delete job.held;
  }

  private end(job: Job, by: Lease, outcome: Outcome): void {
    job.state = 'ended';
    delete job.held;
    job.ended = { outcome, at: this.clock(), by };
  }

  private wakeAll(): void {
    for (const wake of this.waiters) wake();
  }
}

function sameLease(a: Lease, b: Lease): boolean {
  return a.token === b.token && a.attempt === b.attempt;
}
