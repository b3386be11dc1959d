import { Injectable } from '@nestjs/common';
import { Clock } from '@sluice/clock';
import { messageOf, MODEL_UPDATE_CLASS, SluiceError, type ErrorBody } from '@sluice/contracts';
import type { Lease, LeasedJob, Outcome } from '@sluice/job-queue';
import { Logger } from '@sluice/telemetry';
import type { Lane } from '../execute/lane.js';
import { Settler } from '../settle/settler.js';
import type { SlicedWork, WorkProgress } from './sliced-work.js';

/** An update that was leased, and the work that it is. */
export interface Update {
  readonly leased: LeasedJob;
  readonly work: SlicedWork;
  readonly progress: () => WorkProgress;
}

/** Model updates: works on one at most, a slice at a time. */
@Injectable()
export class UpdateLane implements Lane {
  readonly shareClass = MODEL_UPDATE_CLASS;
  private current: Update | undefined;
  private readonly ending = new Set<Promise<void>>();
  private sliceCount = 0;
  private onChange = () => {};

  constructor(
    private readonly settler: Settler,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** `onChange`: the lane may have become ready, or free. */
  start(onChange: () => void): void {
    this.onChange = onChange;
  }

  get isFree(): boolean {
    return this.current === undefined;
  }

  get hasUnsettled(): boolean {
    return this.ending.size > 0;
  }

  get slices(): number {
    return this.sliceCount;
  }

  get working(): WorkProgress | undefined {
    return this.current?.progress();
  }

  readyAt(now: number): number {
    return this.current ? now : Infinity;
  }

  /**
   * Not known: a slice ends when its next run would be too long, and what waits for the end of a row of slices must be
   * leased during any of them.
   */
  expectedMs(): undefined {}

  begin(update: Update): void {
    this.current = update;
    this.logger.info({ jobId: update.leased.lease.jobId, update: update.progress().name }, 'update_started');
    this.onChange();
  }

  /**
   * Gives up what it does: all of it, or when its job is among those given. It ends with the slice that runs.
   * @returns the leases that are held for nothing now
   */
  giveUp(jobIds?: ReadonlySet<string>): Lease[] {
    const { current } = this;
    if (!current || jobIds?.has(current.leased.lease.jobId) === false) return [];
    this.current = undefined;
    void current.work.slices.return().finally(() => current.work.close());
    this.onChange();
    return [current.leased.lease];
  }

  async turn(): Promise<number> {
    const { current } = this;
    if (!current) return 0;
    const startedAt = this.clock.now();
    try {
      const { done, value } = await current.work.slices.next();
      if (done) this.end(current, () => current.work.conclude());
      else this.sliceCount++;
      return done ? 0 : value;
    } catch (error) {
      this.end(current, () => Promise.reject(error));
      // A slice that failed tells no device time of its own.
      return this.clock.now() - startedAt;
    }
  }

  private end(update: Update, conclude: () => Promise<Uint8Array>): void {
    if (this.current !== update) return;
    this.current = undefined;
    const ending = this.conclude(update, conclude).finally(() => {
      this.ending.delete(ending);
      this.onChange();
    });
    this.ending.add(ending);
  }

  /** Never rejects: an update that could not be settled lapses, and is begun again. */
  private async conclude({ leased, work, progress }: Update, conclude: () => Promise<Uint8Array>): Promise<void> {
    try {
      const outcome: Outcome = await conclude().then(
        (result) => ({ ok: true, result }),
        (error: unknown) => ({ ok: false, error: errorBody(error) }),
      );
      this.logger.info({ update: progress().name, ...(!outcome.ok && outcome.error) }, 'update_ended');
      await this.settler.settle([[leased, outcome]]);
    } catch (error) {
      this.logger.warn({ jobId: leased.lease.jobId, reason: messageOf(error) }, 'update_unsettled');
    } finally {
      work.close();
    }
  }
}

function errorBody(error: unknown): ErrorBody {
  return { code: error instanceof SluiceError ? error.code : 'internal', message: messageOf(error) };
}
