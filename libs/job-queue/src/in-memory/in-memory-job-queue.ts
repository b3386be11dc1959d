import type { Clock } from '@sluice/clock';
import { SluiceError } from '@sluice/contracts';
import { fairPart } from '../fair-part.js';
import {
  JobQueue,
  type Backlog,
  type CancelOutcome,
  type JobStatus,
  type Judge,
  type Lease,
  type LeaseRequest,
  type LeaseResult,
  type NewJob,
  type QueueCounts,
  type QueueHead,
  type QueueSettings,
  type Reply,
  type SettleOutcome,
  type Settlement,
  type SweptJob,
  type WaitOptions,
} from '../job-queue.js';
import type { Claim, JobAddress, JobRecord } from '../job-record.js';
import { checkPayloads, checkRoom, limitResult, roomFor } from '../limits.js';
import { byArrival, droppedJob, recordOf, type MemoryJob } from './memory-job.js';
import { OFFERS, QueueServer } from './queue-server.js';

const RAISED_AT_ONCE = 1_000;

/**
 * The queue as a data structure, for the simulator and for tests of policy: it passes the same conformance suite as the
 * adapters on Redis. One instance is one process' connection; `beside` opens another's to the same queues.
 */
export class InMemoryJobQueue extends JobQueue {
  private readonly server: QueueServer;
  /** Ends the wait that is going on. */
  private interrupt = () => {};

  /** @param origin what the queue's clock shows when `clock` shows 0, in milliseconds since the epoch */
  constructor(
    settings: QueueSettings,
    private readonly clock: Clock,
    origin: number = Date.now() - clock.now(),
    server?: QueueServer,
  ) {
    super();
    this.server = server ?? new QueueServer(settings, () => origin + clock.now());
  }

  /** The same queues, seen by another process: it is woken by its own clock, and never again once that has stopped. */
  beside(clock: Clock): InMemoryJobQueue {
    return new InMemoryJobQueue(this.server.settings, clock, 0, this.server);
  }

  override now(): number {
    return this.server.now();
  }

  override async enqueue(queue: string, jobs: readonly NewJob[]): Promise<void> {
    const known = this.server.peek(queue);
    if (known.paused) throw new SluiceError('queue_paused', `queue ${queue} is paused`);
    const fresh = jobs.filter(({ id }) => !known.job(id, this.now()));
    checkPayloads(fresh, this.server.settings);
    const { count: waiting, bytes } = known.waiting;
    checkRoom(queue, { waiting, bytes }, roomFor(fresh), this.server.settings);
    for (const spec of fresh) {
      this.server.queue(queue).add(spec, this.now());
      this.server.mark(queue);
    }
  }

  override async lease(queue: string, request: LeaseRequest): Promise<LeaseResult> {
    const from = this.server.peek(queue);
    if (from.paused) return { jobs: [], dropped: [] };
    const { holder } = request;
    const listening = this.server.listeners.othersOn(queue, this, this.now());
    const part = fairPart(from.waiting.count, listening, request);
    const { jobs, expired } = from.lease(part, holder, this.server.newToken(holder), this.now());
    this.server.replies.answer(expired);
    if (jobs.length > 0) this.server.listeners.leave(this);
    // What is left is for whoever is idle.
    if (part > 0 && from.waiting.count > 0) this.server.mark(queue);
    return { jobs, dropped: expired.flatMap(droppedJob) };
  }

  override async extend(leases: readonly Lease[]): Promise<Lease[]> {
    return leases.filter((lease) => {
      const held = this.server.peek(lease.queue).heldBy(lease, this.now())?.held;
      if (held) held.until = this.now() + this.server.settings.leaseMs;
      return !held;
    });
  }

  override async settle(settlements: readonly Settlement[]): Promise<SettleOutcome[]> {
    const ended: MemoryJob[] = [];
    const outcomes = settlements.map(({ lease, outcome }): SettleOutcome => {
      const queue = this.server.peek(lease.queue);
      const job = queue.heldBy(lease, this.now());
      if (!job) return queue.wasEndedBy(lease, this.now()) ? 'settled' : 'lost';
      queue.end(job, lease, limitResult(outcome, this.server.settings), this.now());
      ended.push(job);
      return 'settled';
    });
    this.server.replies.answer(ended);
    return outcomes;
  }

  override async listenForReplies(replyTo: string, onReplies: (replies: readonly Reply[]) => void): Promise<void> {
    // In a turn of the listener's own process, never within the sender's.
    this.server.replies.listen(this, replyTo, (replies) => this.clock.soon(() => onReplies(replies)));
  }

  override async release(leases: readonly Lease[]): Promise<void> {
    const released = new Set<string>();
    for (const lease of leases) {
      const queue = this.server.peek(lease.queue);
      const job = queue.heldBy(lease, this.now());
      if (!job) continue;
      queue.putBack(job);
      released.add(lease.queue);
    }
    for (const queue of released) this.server.mark(queue);
  }

  override async sweep(queue: string, judge: Judge): Promise<SweptJob[]> {
    const from = this.server.peek(queue);
    const swept: SweptJob[] = [];
    for (const job of from.active) {
      const { held } = job;
      const verdict = held && (await judge(held.lease.holder));
      // Judging took time: the job may have moved on.
      if (!verdict || job.held !== held) continue;
      swept.push(...[from.sweep(job, verdict, this.now()) ?? []].flat());
    }
    if (swept.length > 0) this.server.mark(queue);
    return swept;
  }

  override async cancel(queue: string, jobIds: readonly string[]): Promise<CancelOutcome[]> {
    const from = this.server.peek(queue);
    return jobIds.map((id) => {
      const job = from.job(id, this.now());
      if (job?.state === 'active') return 'started';
      if (job?.state !== 'waiting') return 'ended';
      from.remove(job);
      return 'cancelled';
    });
  }

  override async inspect(queue: string, jobIds: readonly string[]): Promise<JobStatus[]> {
    const from = this.server.peek(queue);
    return jobIds.map((id) => {
      const job = from.job(id, this.now());
      if (!job) return { state: 'gone' };
      if (job.ended) return { state: 'ended', outcome: job.ended.outcome };
      return { state: job.state === 'active' ? 'active' : 'waiting' };
    });
  }

  override async missing(queue: string, jobIds: readonly string[]): Promise<string[]> {
    const from = this.server.peek(queue);
    return jobIds.filter((id) => !from.job(id, this.now()));
  }

  override async describe(queue: string, jobIds: readonly string[]): Promise<(JobRecord | undefined)[]> {
    const from = this.server.peek(queue);
    return jobIds.map((id) => {
      const job = from.job(id, this.now());
      return job && recordOf(queue, job, job.state === 'waiting' ? from.waiting.positionOf(job) : undefined);
    });
  }

  override async owned(owner: string, offset: number, max: number): Promise<JobAddress[]> {
    const all = [...this.server.queues].flatMap(([queue, from]) => [...from.all()].map((job) => ({ queue, job })));
    return all
      .filter(({ job }) => job.spec.owner === owner)
      .toSorted((a, b) => byArrival(b.job, a.job))
      .slice(offset, offset + max)
      .map(({ queue, job }) => ({ queue, jobId: job.spec.id }));
  }

  override async counts(queue: string): Promise<QueueCounts> {
    return this.server.peek(queue).counts(this.now());
  }

  override async heads(queues: readonly string[]): Promise<QueueHead[]> {
    return queues.flatMap((queue) => {
      const { paused, waiting } = this.server.peek(queue);
      const { first } = waiting;
      if (paused || !first) return [];
      return [{ queue, waiting: waiting.count, enqueuedAt: first.enqueuedAt, expiresAt: first.spec.expiresAt }];
    });
  }

  override async backlog(queue: string, level: number): Promise<Backlog> {
    const { paused, waiting } = this.server.peek(queue);
    return { ahead: waiting.countUpTo(level), waiting: waiting.count, bytes: waiting.bytes, paused };
  }

  override async raise(queue: string, waitedMs: number): Promise<number> {
    return this.server.peek(queue).raise(this.now() - waitedMs, RAISED_AT_ONCE);
  }

  override async queues(): Promise<string[]> {
    return [...this.server.queues.keys()];
  }

  override async removeQueue(queue: string): Promise<void> {
    this.server.queues.delete(queue);
    this.server.listeners.unmark(queue);
  }

  override async forget(queue: string, jobIds: readonly string[]): Promise<void> {
    const from = this.server.peek(queue);
    for (const id of jobIds) {
      const job = from.job(id, this.now());
      if (job?.state === 'ended') from.remove(job);
    }
  }

  override async prune(): Promise<number> {
    return [...this.server.queues.values()].reduce((sum, queue) => sum + queue.prune(this.now()), 0);
  }

  override async claim(key: string, claim: Claim, forMs: number, instead?: Claim): Promise<Claim> {
    return this.server.claim(key, claim, forMs, instead);
  }

  override waitForWork(
    queues: readonly string[],
    timeoutMs: number,
    { signal, offers = false }: WaitOptions = {},
  ): Promise<string | undefined> {
    if (signal?.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const { listeners } = this.server;
      const abort = () => {
        listeners.leave(this);
        end(undefined);
      };
      const end = (queue: string | undefined) => {
        timer.cancel();
        signal?.removeEventListener('abort', abort);
        listeners.endWait(this);
        resolve(queue);
      };
      const timer = this.clock.after(timeoutMs, () => end(undefined));
      const wake = (queue: string) => {
        // The wake-up is this process' own from here on: it hears of it, or is gone and nobody does.
        timer.cancel();
        signal?.removeEventListener('abort', abort);
        this.interrupt = () => {};
        this.clock.soon(() => end(queue === OFFERS ? this.server.takeOffer() : queue));
      };
      this.interrupt = abort;
      signal?.addEventListener('abort', abort, { once: true });
      const heard = offers ? [...queues, OFFERS] : queues;
      const marked = listeners.listen(this, heard, this.now(), timeoutMs, wake);
      if (marked !== undefined) wake(marked);
    });
  }

  override async offer(queue: string): Promise<void> {
    this.server.offer(queue);
  }

  /** As an operator does in Bull Board. */
  pause(queue: string): void {
    this.server.queue(queue).paused = true;
  }

  resume(queue: string): void {
    this.server.queue(queue).paused = false;
    this.server.mark(queue);
  }

  /** As when its process is gone: it listens to nothing any more, and takes no wake-up from others. */
  disconnect(): void {
    this.server.listeners.leave(this);
    this.server.replies.leave(this);
  }

  override async start(): Promise<void> {}

  override async stop(): Promise<void> {
    this.interrupt();
    this.server.replies.leave(this);
  }
}
