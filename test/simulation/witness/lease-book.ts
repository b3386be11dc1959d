import type { JobQueue, Lease, LeasedJob, NewJob, Outcome, Reply, SettleOutcome, Settlement } from '@sluice/job-queue';
import { divert } from '../world/divert.js';
import type { Judgement } from './judgement.js';

/** What is known of a job from watching the calls that took effect. */
export interface KnownJob {
  readonly id: string;
  readonly queue: string;
  readonly enqueuedAt: number;
  readonly expiresAt: number;
  /** When it came into the queue last. */
  waitingSince: number;
  state: 'waiting' | 'held' | 'ended' | 'cancelled';
  /** While held. */
  hold: Hold | undefined;
  end: { readonly by: Lease; readonly outcome: Outcome } | undefined;
}

interface Hold {
  readonly lease: Lease;
  readonly at: number;
  until: number;
  /** Its holder was judged to be gone: whoever sweeps may take the job from it. */
  revoked: boolean;
}

/**
 * Keeps its own account of who holds which job, beside that of the queue, from every call in the order in which they
 * take effect; and holds every settle and every reply against it.
 */
export class LeaseBook {
  private readonly jobs = new Map<string, KnownJob>();
  private readonly waitingIn = new Map<string, Set<KnownJob>>();
  private onChange = () => {};
  private onLeased: (job: KnownJob, token: string) => void = () => {};

  constructor(
    private readonly now: () => number,
    private readonly leaseMs: number,
    private readonly judgement: Judgement,
  ) {}

  listen(events: { readonly onChange: () => void; readonly onLeased: (job: KnownJob, token: string) => void }): void {
    this.onChange = events.onChange;
    this.onLeased = events.onLeased;
  }

  find(id: string): KnownJob | undefined {
    return this.jobs.get(id);
  }

  waiting(queue: string): ReadonlySet<KnownJob> {
    return this.waitingOf(queue);
  }

  queuesWithWork(): string[] {
    return [...this.waitingIn].flatMap(([queue, waiting]) => (waiting.size > 0 ? queue : []));
  }

  /** Jobs that are held by somebody. */
  held(): KnownJob[] {
    return [...this.jobs.values()].filter(({ state }) => state === 'held');
  }

  /** Whether a process has a lease of a job that has neither lapsed nor been judged to be its last. */
  isHeldFor({ hold }: KnownJob, holder: string, now: number): boolean {
    return hold !== undefined && hold.lease.holder === holder && hold.until > now && !hold.revoked;
  }

  /** Jobs that have not ended. */
  open(): KnownJob[] {
    return [...this.jobs.values()].filter(({ state }) => state === 'waiting' || state === 'held');
  }

  /** The queue of one process, watched. */
  around(queue: JobQueue, who: string): JobQueue {
    const watched: Partial<JobQueue> = {
      enqueue: async (name, jobs) => {
        await queue.enqueue(name, jobs);
        for (const job of jobs) this.add(name, job);
        this.changed(who, 'enqueue', { queue: name, jobs: jobs.map(({ id }) => id) });
      },
      lease: async (name, request) => {
        const leased = await queue.lease(name, request);
        for (const job of leased.jobs) this.lease(job);
        for (const { jobId, error } of leased.dropped) this.drop(jobId, request.holder, { ok: false, error });
        if (leased.jobs.length + leased.dropped.length > 0) {
          const dropped = leased.dropped.map(({ jobId }) => jobId);
          this.changed(who, 'lease', { queue: name, max: request.max, jobs: idsOf(leased.jobs), dropped });
        }
        return leased;
      },
      extend: async (leases) => {
        const lost = await queue.extend(leases);
        for (const lease of leases) if (!lost.includes(lease)) this.extend(lease);
        return lost;
      },
      settle: async (settlements) => {
        const outcomes = await queue.settle(settlements);
        for (const [index, settlement] of settlements.entries()) this.settle(settlement, outcomes[index]);
        const jobs = settlements.map(({ lease, outcome }, index) => [
          lease.jobId,
          lease.attempt,
          outcome.ok ? 'ok' : outcome.error.code,
          outcomes[index],
        ]);
        this.changed(who, 'settle', { jobs });
        return outcomes;
      },
      listenForReplies: (replyTo, onReplies, onGap) => {
        const hear: typeof onReplies = (replies) => {
          for (const reply of replies) this.hear(reply);
          this.judgement.trace.note(who, 'hear', { jobs: replies.map(({ jobId }) => jobId) });
          onReplies(replies);
        };
        return queue.listenForReplies(replyTo, hear, onGap);
      },
      release: async (leases) => {
        await queue.release(leases);
        for (const lease of leases) this.release(lease);
        if (leases.length > 0) this.changed(who, 'release', { jobs: leases.map(({ jobId }) => jobId) });
      },
      sweep: async (name, judge) => {
        const swept = await queue.sweep(name, async (holder) => {
          const verdict = await judge(holder);
          if (!verdict.alive) this.revoke(holder);
          return verdict;
        });
        for (const { jobId, holder } of swept) this.takeBack(jobId, holder);
        if (swept.length > 0) this.changed(who, 'sweep', { swept });
        return swept;
      },
      cancel: async (name, ids) => {
        const outcomes = await queue.cancel(name, ids);
        for (const [index, id] of ids.entries()) if (outcomes[index] === 'cancelled') this.cancel(id);
        this.changed(who, 'cancel', { ids, outcomes });
        return outcomes;
      },
    };
    return divert(queue, watched);
  }

  private changed(who: string, what: string, details: object): void {
    this.judgement.trace.note(who, what, details);
    this.onChange();
  }

  private add(queue: string, { id, expiresAt }: NewJob): void {
    if (this.jobs.has(id)) return;
    const now = this.now();
    const job: KnownJob = {
      id,
      queue,
      enqueuedAt: now,
      expiresAt,
      waitingSince: now,
      state: 'waiting',
      hold: undefined,
      end: undefined,
    };
    this.jobs.set(id, job);
    this.waitingOf(queue).add(job);
  }

  private lease({ lease }: LeasedJob): void {
    const job = this.jobs.get(lease.jobId);
    if (!job) return;
    const { hold } = job;
    if (job.state === 'ended')
      this.judgement.violated('one answer', `job ${job.id} has ended and is leased to ${lease.holder}`);
    if (job.state === 'held' && hold && hold.until > this.now() && !hold.revoked)
      this.judgement.violated(
        'one holder',
        `job ${job.id} is held by ${hold.lease.holder} and leased to ${lease.holder}`,
      );
    this.waitingOf(job.queue).delete(job);
    job.state = 'held';
    job.hold = { lease, at: this.now(), until: this.now() + this.leaseMs, revoked: false };
    this.onLeased(job, lease.token);
  }

  private drop(jobId: string, holder: string, outcome: Outcome): void {
    const job = this.jobs.get(jobId);
    if (!job) return;
    this.waitingOf(job.queue).delete(job);
    job.state = 'ended';
    job.end = { by: { queue: job.queue, jobId, holder, token: '', attempt: 0 }, outcome };
  }

  private extend(lease: Lease): void {
    const job = this.jobs.get(lease.jobId);
    if (!job?.hold || !this.isHeldBy(job, lease))
      this.judgement.violated('one holder', `${lease.holder} extends a lease of job ${lease.jobId} that it has not`);
    else job.hold.until = this.now() + this.leaseMs;
  }

  private settle({ lease, outcome }: Settlement, answer: SettleOutcome | undefined): void {
    const job = this.jobs.get(lease.jobId);
    if (!job || answer !== 'settled') return;
    if (job.end) {
      if (!isSameLease(job.end.by, lease))
        this.judgement.violated(
          'one answer',
          `job ${job.id} is settled by ${describe(lease)} after ${describe(job.end.by)}`,
        );
      return;
    }
    if (!this.isHeldBy(job, lease))
      this.judgement.violated('one holder', `job ${job.id} is settled by ${describe(lease)}, which does not hold it`);
    this.waitingOf(job.queue).delete(job);
    job.state = 'ended';
    job.hold = undefined;
    job.end = { by: lease, outcome };
  }

  private hear({ jobId, outcome }: Reply): void {
    const end = this.jobs.get(jobId)?.end;
    if (!end) this.judgement.violated('settle, then reply', `job ${jobId} is answered and has not ended`);
    else if (!isSame(end.outcome, outcome))
      this.judgement.violated('settle, then reply', `job ${jobId} is answered with another outcome`);
  }

  private release(lease: Lease): void {
    const job = this.jobs.get(lease.jobId);
    if (job && this.isHeldBy(job, lease)) this.putBack(job.id);
  }

  private revoke(holder: string): void {
    for (const { hold } of this.held()) if (hold?.lease.holder === holder) hold.revoked = true;
  }

  /** The sweep of a queue takes a while: by its end a job that it put back may have another holder. */
  private takeBack(id: string, holder: string): void {
    const hold = this.jobs.get(id)?.hold;
    if (hold?.lease.holder === holder && (hold.revoked || hold.until <= this.now())) this.putBack(id);
  }

  private putBack(id: string): void {
    const job = this.jobs.get(id);
    if (job?.state !== 'held') return;
    job.state = 'waiting';
    job.hold = undefined;
    job.waitingSince = this.now();
    this.waitingOf(job.queue).add(job);
  }

  private cancel(id: string): void {
    const job = this.jobs.get(id);
    if (job?.state !== 'waiting') return;
    this.waitingOf(job.queue).delete(job);
    job.state = 'cancelled';
  }

  private isHeldBy({ state, hold }: KnownJob, lease: Lease): boolean {
    return state === 'held' && hold !== undefined && hold.until > this.now() && isSameLease(hold.lease, lease);
  }

  private waitingOf(queue: string): Set<KnownJob> {
    let waiting = this.waitingIn.get(queue);
    if (!waiting) this.waitingIn.set(queue, (waiting = new Set()));
    return waiting;
  }
}

function isSameLease(a: Lease, b: Lease): boolean {
  return a.token === b.token && a.attempt === b.attempt;
}

function isSame(a: Outcome, b: Outcome): boolean {
  if (!a.ok || !b.ok) return !a.ok && !b.ok && a.error.code === b.error.code;
  return Buffer.compare(a.result, b.result) === 0;
}

function idsOf(jobs: readonly LeasedJob[]): (string | number)[][] {
  return jobs.map(({ lease: { jobId, attempt } }) => [jobId, attempt]);
}

function describe({ holder, attempt }: Lease): string {
  return `${holder} in attempt ${attempt}`;
}
