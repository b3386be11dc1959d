import { expiredError } from '../expiry.js';
import type { Lease, LeasedJob, NewJob, Outcome, QueueCounts, QueueSettings, SweptJob, Verdict } from '../job-queue.js';
import { keepMs } from '../retention.js';
import { excessJobs } from './excess-jobs.js';
import type { MemoryJob } from './memory-job.js';
import { WaitingJobs } from './waiting-jobs.js';

/** One queue: its jobs, and the transitions of a job from waiting over active to ended. Time is an argument. */
export class MemoryQueue {
  readonly waiting = new WaitingJobs();
  readonly active = new Set<MemoryJob>();
  paused = false;
  private readonly jobs = new Map<string, MemoryJob>();
  private readonly ended = new Set<MemoryJob>();

  constructor(
    readonly name: string,
    private readonly settings: QueueSettings,
  ) {}

  /** Undefined also when it has ended and its time is over, whether somebody has pruned or not. */
  job(id: string, now: number): MemoryJob | undefined {
    const job = this.jobs.get(id);
    if (!job?.ended || job.ended.keptUntil > now) return job;
    this.remove(job);
    return undefined;
  }

  all(): Iterable<MemoryJob> {
    return this.jobs.values();
  }

  add(spec: NewJob, now: number): void {
    const deaths = { inCompany: 0, alone: 0 };
    const job: MemoryJob = {
      spec,
      enqueuedAt: now,
      deaths,
      priority: spec.priority,
      attempt: 0,
      state: 'waiting',
    };
    this.jobs.set(spec.id, job);
    this.waiting.add(job);
  }

  /** `expired`: they have ended instead. */
  lease(
    count: number,
    holder: string,
    token: string,
    now: number,
  ): { readonly jobs: LeasedJob[]; readonly expired: MemoryJob[] } {
    const jobs: LeasedJob[] = [];
    const expired: MemoryJob[] = [];
    for (const job of this.waiting.take(count)) {
      const { id: jobId, expiresAt, payload } = job.spec;
      const lease = { queue: this.name, jobId, holder, token, attempt: ++job.attempt };
      if (expiresAt <= now) {
        this.end(job, lease, { ok: false, error: expiredError(now - job.enqueuedAt) }, now);
        expired.push(job);
        continue;
      }
      job.state = 'active';
      job.started = { at: now, holder };
      job.held = { lease, until: now + this.settings.leaseMs };
      this.active.add(job);
      const { priority, enqueuedAt, deaths } = job;
      jobs.push({ lease, priority, enqueuedAt, expiresAt, payload, deaths: { ...deaths } });
    }
    return { jobs, expired };
  }

  /** The job of a lease that holds. */
  heldBy(lease: Lease, now: number): MemoryJob | undefined {
    const job = this.jobs.get(lease.jobId);
    const held = job?.held;
    return held && held.until > now && sameLease(held.lease, lease) ? job : undefined;
  }

  /** Whether it was this lease that ended the job. */
  wasEndedBy(lease: Lease, now: number): boolean {
    const by = this.job(lease.jobId, now)?.ended?.by;
    return by !== undefined && sameLease(by, lease);
  }

  end(job: MemoryJob, by: Lease, outcome: Outcome, now: number): void {
    this.active.delete(job);
    job.state = 'ended';
    delete job.held;
    job.ended = { outcome, at: now, keptUntil: now + keepMs(job.spec.keepResultMs, this.settings), by };
    this.ended.add(job);
  }

  putBack(job: MemoryJob): void {
    this.active.delete(job);
    job.state = 'waiting';
    delete job.held;
    this.waiting.add(job);
  }

  /** Puts an active job back if the verdict on its holder, or its lease, says so. */
  sweep(job: MemoryJob, verdict: Verdict, now: number): SweptJob | undefined {
    const { held } = job;
    if (!held || (verdict.alive && held.until > now)) return undefined;
    const { jobId, holder } = held.lease;
    const wasRunning = !verdict.alive && verdict.running.includes(jobId);
    const death = !wasRunning ? 'none' : verdict.running.length > 1 ? 'in-company' : 'alone';
    if (death === 'in-company') job.deaths.inCompany++;
    if (death === 'alone') job.deaths.alone++;
    this.putBack(job);
    return { jobId, holder, reason: verdict.alive ? 'lease-lapsed' : 'holder-gone', death };
  }

  raise(since: number, max: number): number {
    const jobs = this.waiting.belowTopSince(since, max);
    for (const job of jobs) {
      this.waiting.remove(job);
      job.priority = 1;
      this.waiting.add(job);
    }
    return jobs.length;
  }

  remove(job: MemoryJob): void {
    if (job.state === 'waiting') this.waiting.remove(job);
    this.active.delete(job);
    this.ended.delete(job);
    this.jobs.delete(job.spec.id);
  }

  prune(now: number): number {
    const excess = excessJobs(this.ended, now, this.settings);
    for (const job of excess) this.remove(job);
    return excess.length;
  }

  counts(now: number): QueueCounts {
    const kept = [...this.ended].flatMap(({ ended }) => (ended && ended.keptUntil > now ? ended : []));
    const completed = kept.filter(({ outcome }) => outcome.ok).length;
    return {
      waiting: this.waiting.count,
      active: this.active.size,
      completed,
      failed: kept.length - completed,
      paused: this.paused,
    };
  }
}

function sameLease(a: Lease, b: Lease): boolean {
  return a.token === b.token && a.attempt === b.attempt;
}
