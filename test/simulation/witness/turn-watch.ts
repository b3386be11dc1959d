import { queueOwner } from '@sluice/contracts';
import type { Judgement } from './judgement.js';
import type { KnownJob, LeaseBook } from './lease-book.js';

/** A head that has waited longer goes before those whose deadlines are nearer. */
const PASS_OVER_MS = 1_000;
/** Workers raise what waits too long this often; calls take their time. */
const SWEEP_MS = 1_000;
const SLACK_MS = 500;
/** A worker may have been woken for another queue, or have looked just before the head was overdue. */
const UNDER_WAY = 2;
/** A worker serves its own queues first, but for one pull of so many; those that a wake-up names are not counted. */
const LOCALITY_TURN = 13;

interface WatchedWorker {
  readonly name: string;
  readonly holder: string | undefined;
  readonly upForMs: number;
  readonly leasedNotStarted: number;
  readonly serves: readonly string[];
}

/** Sees to it that nothing is passed over for ever: neither a level within its queue, nor a queue. */
export class TurnWatch {
  /** The leases that passed over a job, by worker, those from own queues apart: of these more may. */
  private readonly passedOver = new Map<KnownJob, Map<string, Set<string>>>();

  constructor(
    private readonly workers: readonly WatchedWorker[],
    private readonly book: LeaseBook,
    private readonly now: () => number,
    private readonly raiseAfterMs: number,
    private readonly judgement: Judgement,
  ) {}

  /** A job was leased. */
  leased(job: KnownJob, token: string): void {
    const worker = this.workers.find(({ holder }) => holder === job.hold?.lease.holder);
    if (!worker) return;
    this.checkLevels(job, worker);
    // Only the queue of the batch that is being formed is asked for more of it.
    if (worker.leasedNotStarted === 0) this.checkQueues(job, token, worker);
  }

  private checkLevels(job: KnownJob, { upForMs }: WatchedWorker): void {
    const boundMs = this.raiseAfterMs + 2 * SWEEP_MS + SLACK_MS;
    if (upForMs < 2 * SWEEP_MS + SLACK_MS) return;
    for (const other of this.book.waiting(job.queue))
      if (other.enqueuedAt < job.enqueuedAt && this.waitedMs(other) > boundMs)
        this.judgement.violated(
          'turns',
          `job ${job.id} is leased before job ${other.id}, which has waited for ${this.waitedMs(other)} ms`,
        );
  }

  private checkQueues(job: KnownJob, token: string, { name, serves }: WatchedWorker): void {
    for (const queue of serves) {
      if (queue === job.queue) continue;
      const waiting = [...this.book.waiting(queue)];
      // Whichever of them is the head, by its level or by its arrival.
      const isOverdue = waiting.every(
        (other) => this.waitedMs(other) > PASS_OVER_MS && other.enqueuedAt < job.enqueuedAt,
      );
      const [oldest] = waiting;
      if (!oldest || !isOverdue) continue;
      const isShared = queueOwner(job.queue) === undefined;
      const leases = this.leasesBefore(oldest, isShared ? name : `own of ${name}`).add(token);
      const most = isShared ? UNDER_WAY : UNDER_WAY + 2 * LOCALITY_TURN;
      if (leases.size > most)
        this.judgement.violated(
          'turns',
          `${name} passes over job ${oldest.id} in ${queue} for the ${leases.size}th time`,
        );
    }
  }

  private leasesBefore(job: KnownJob, by: string): Set<string> {
    let byWorker = this.passedOver.get(job);
    if (!byWorker) this.passedOver.set(job, (byWorker = new Map()));
    let leases = byWorker.get(by);
    if (!leases) byWorker.set(by, (leases = new Set()));
    return leases;
  }

  /** Also when it came back to the queue meanwhile: from then on. */
  private waitedMs({ enqueuedAt, waitingSince }: KnownJob): number {
    return this.now() - Math.max(enqueuedAt, waitingSince);
  }
}
