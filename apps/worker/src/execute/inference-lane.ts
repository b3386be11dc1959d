import { Clock } from '@sluice/clock';
import { messageOf } from '@sluice/contracts';
import { expiredError, JobQueue } from '@sluice/job-queue';
import { Logger } from '@sluice/telemetry';
import type { StagedJob } from '../buffer/staged-job.js';
import type { Staging } from '../buffer/staging.js';
import { Settler } from '../settle/settler.js';
import { StatisticsCollector } from '../statistics/statistics-collector.js';
import type { Ending } from './ending.js';
import { Executor, type BatchRun } from './executor.js';
import type { Lane } from './lane.js';

/** Batches that have run and are not settled yet; beyond it the device waits, so that what is held stays bounded. */
const MAX_UNSETTLED = 4;

/** A request whose batch failed, and who waits for what comes of it alone. */
interface Suspect {
  readonly job: StagedJob;
  readonly tell: (ending: Promise<Ending>) => void;
}

/** What all lanes of inference share. */
export interface LaneParts {
  readonly executor: Executor;
  readonly settler: Settler;
  readonly statistics: StatisticsCollector;
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The batch was taken: there is room to stage more. */
  readonly onTaken: () => void;
  /** The lane may have become ready. */
  readonly onChange: () => void;
  /** This process cannot run anything any more. */
  readonly onEngineGone: (error: unknown) => void;
}

/**
 * Inference of one class: takes the batch that is staged, runs it, hands it to be settled.
 *
 * Between two runs nothing happens but the taking of the next batch: unpacking, settling and replying of the last one
 * go on while it runs. Requests whose batch failed run one by one, in turn with the batches that are staged.
 */
export class InferenceLane implements Lane {
  private readonly unsettled = new Set<Promise<void>>();
  private readonly suspects: Suspect[] = [];
  private wasSuspect = false;
  private readonly counts = { batches: 0, rows: 0, expired: 0 };

  constructor(
    readonly shareClass: string,
    readonly staging: Staging,
    private readonly parts: LaneParts,
  ) {}

  /** Batches and rows run, and requests that expired before they were. */
  get ran(): Readonly<{ batches: number; rows: number; expired: number }> {
    return this.counts;
  }

  stage(jobs: readonly StagedJob[]): void {
    this.staging.add(jobs);
    this.parts.onChange();
  }

  readyAt(now: number): number {
    if (this.suspects.length > 0) return now;
    return this.unsettled.size < MAX_UNSETTLED ? this.staging.startAt(now) : Infinity;
  }

  expectedMs(): number | undefined {
    return this.staging.expectedMs();
  }

  async turn(): Promise<number> {
    const suspect = this.nextSuspect();
    this.wasSuspect = suspect !== undefined;
    return suspect ? this.runSuspect(suspect) : this.runBatch();
  }

  get hasUnsettled(): boolean {
    return this.unsettled.size > 0;
  }

  private nextSuspect(): Suspect | undefined {
    const { clock } = this.parts;
    const now = clock.now();
    const batchWaits = this.unsettled.size < MAX_UNSETTLED && this.staging.startAt(now) <= now;
    return this.wasSuspect && batchWaits ? undefined : this.suspects.shift();
  }

  private async runSuspect({ job, tell }: Suspect): Promise<number> {
    const now = this.parts.queue.now();
    if (job.expiresAt <= now) {
      tell(Promise.resolve(this.expire(job, now)));
      return 0;
    }
    const running = this.parts.executor.runAlone(job);
    tell(running.then(({ ending }) => ending));
    // Whoever was told hears of an engine that is gone.
    return running.then(
      ({ deviceMs }) => deviceMs,
      () => 0,
    );
  }

  private async runBatch(): Promise<number> {
    const { executor, onTaken, queue, clock } = this.parts;
    const { batch, expired } = this.staging.take(queue.now());
    if (expired.length > 0) this.settleLater(() => this.settleExpired(expired));
    if (!batch) return 0;
    const startedAt = clock.now();
    const running = executor.run(batch);
    onTaken();
    const ran = await running;
    this.counts.batches++;
    this.counts.rows += batch.rows;
    this.settleLater(() => this.settle(ran));
    // A run that failed tells no device time of its own.
    return 'result' in ran ? ran.result.deviceMs : clock.now() - startedAt;
  }

  private settleLater(settle: () => Promise<void>): void {
    const settling = new Promise<void>((resolve) => {
      // After the loop has put the next batch on the device.
      this.parts.clock.soon(() => resolve(settle()));
    });
    this.unsettled.add(settling);
    void settling.finally(() => {
      this.unsettled.delete(settling);
      this.parts.onChange();
    });
  }

  private async settle(ran: BatchRun): Promise<void> {
    const { jobs } = ran.batch;
    await this.ending(jobs, async () => this.parts.executor.endings(ran) ?? this.runEachAlone(jobs));
  }

  private settleExpired(expired: readonly StagedJob[]): Promise<void> {
    const now = this.parts.queue.now();
    const endings = expired.map((job) => this.expire(job, now));
    return this.ending(expired, async () => endings);
  }

  private expire({ leased }: StagedJob, now: number): Ending {
    this.counts.expired++;
    return { outcome: { ok: false, error: expiredError(now - leased.enqueuedAt) } };
  }

  /** Settles jobs of one model as `decide` says. Never rejects. */
  private async ending(jobs: readonly StagedJob[], decide: () => Promise<readonly Ending[]>): Promise<void> {
    const { settler, statistics, logger, onEngineGone } = this.parts;
    const ref = jobs[0]?.model.ref;
    try {
      const endings = await decide().catch((error: unknown) => {
        onEngineGone(error);
        throw error;
      });
      const settled = await settler.settle(jobs.map(({ leased }, index) => [leased, endings[index]!.outcome]));
      const ended = jobs.map((job, index) => ({ job, ...endings[index]! }));
      // What somebody else ends is counted there.
      if (ref)
        statistics.ended(
          ref,
          ended.filter((_, index) => settled[index] === 'settled'),
        );
    } catch (error) {
      // The leases lapse, and the jobs run elsewhere.
      logger.error({ ...ref, jobs: jobs.length, reason: messageOf(error) }, 'batch_lost');
    } finally {
      for (const { model } of jobs) model.holds.drop();
    }
  }

  private runEachAlone(jobs: readonly StagedJob[]): Promise<Ending[]> {
    const endings = jobs.map((job) => new Promise<Ending>((resolve) => this.suspects.push({ job, tell: resolve })));
    this.parts.onChange();
    return Promise.all(endings);
  }
}
