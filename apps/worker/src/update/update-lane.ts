import { Injectable } from '@nestjs/common';
import { Clock } from '@sluice/clock';
import { messageOf, MODEL_UPDATE_CLASS, SluiceError, type ErrorBody } from '@sluice/contracts';
import type { Lease, LeasedJob, Outcome } from '@sluice/job-queue';
import { Logger } from '@sluice/telemetry';
import type { Lane } from '../execute/lane.js';
import { Settler } from '../settle/settler.js';
import type { SlicedWork, WorkProgress } from './sliced-work.js';

/** An update that was leased, and how to make work of it. */
export interface Update {
  readonly leased: LeasedJob;
  /** Undefined: it is not done here, and its lease was given back. The signal: it was given up. */
  readonly prepare: (signal: AbortSignal) => Promise<SlicedWork | undefined>;
  readonly progress: () => WorkProgress;
}

interface Current extends Update {
  readonly abort: AbortController;
  /** Undefined while it is being prepared. */
  work: SlicedWork | undefined;
}

/**
 * Model updates: one at most.
 *
 * Modes: *free*; *preparing*, beside the device; *working*, a slice at a time. An update that is given up leaves its mode
 * at once; what it has begun ends with the slice that runs, or when its preparation heeds the signal.
 */
@Injectable()
export class UpdateLane implements Lane {
  readonly shareClass = MODEL_UPDATE_CLASS;
  private current: Current | undefined;
  /** What still goes on of updates: being prepared, given up or settled. */
  private readonly pending = new Set<Promise<void>>();
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
    return this.pending.size > 0;
  }

  get slices(): number {
    return this.sliceCount;
  }

  get working(): WorkProgress | undefined {
    return this.current?.progress();
  }

  readyAt(now: number): number {
    return this.current?.work ? now : Infinity;
  }

  /**
   * Not known: a slice ends when its next run would be too long, and what waits for the end of a row of slices must be
   * leased during any of them.
   */
  expectedMs(): undefined {}

  begin(update: Update): void {
    const current: Current = { ...update, abort: new AbortController(), work: undefined };
    this.current = current;
    this.logger.info({ jobId: update.leased.lease.jobId, update: update.progress().name }, 'update_started');
    this.follow(this.prepare(current));
    this.onChange();
  }

  /**
   * Gives up what it does: all of it, or when its job is among those given.
   * @returns the leases that are held for nothing now
   */
  giveUp(jobIds?: ReadonlySet<string>): Lease[] {
    const { current } = this;
    if (!current || jobIds?.has(current.leased.lease.jobId) === false) return [];
    this.current = undefined;
    current.abort.abort();
    const { work } = current;
    if (work) this.follow(abandon(work));
    this.onChange();
    return [current.leased.lease];
  }

  async turn(): Promise<number> {
    const { current } = this;
    const work = current?.work;
    if (!work) return 0;
    const startedAt = this.clock.now();
    try {
      const { done, value } = await work.slices.next();
      if (done) this.end(current, () => work.conclude());
      else this.sliceCount++;
      return done ? 0 : value;
    } catch (error) {
      this.end(current, () => Promise.reject(error));
      // A slice that failed tells no device time of its own.
      return this.clock.now() - startedAt;
    }
  }

  /** Never rejects. */
  private async prepare(current: Current): Promise<void> {
    try {
      const work = await current.prepare(current.abort.signal);
      if (this.current !== current) work?.close();
      else if (work) current.work = work;
      else this.current = undefined;
    } catch (error) {
      this.end(current, () => Promise.reject(error));
    }
  }

  private end(current: Current, conclude: () => Promise<Uint8Array>): void {
    if (this.current !== current) return;
    this.current = undefined;
    this.follow(this.conclude(current, conclude));
  }

  /** Never rejects: an update that could not be settled lapses, and is begun again. */
  private async conclude({ leased, work, progress }: Current, conclude: () => Promise<Uint8Array>): Promise<void> {
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
      work?.close();
    }
  }

  private follow(going: Promise<void>): void {
    const pending = going.finally(() => {
      this.pending.delete(pending);
      this.onChange();
    });
    this.pending.add(pending);
  }
}

/** Of work that was given up nobody asks how it ended. */
async function abandon(work: SlicedWork): Promise<void> {
  await work.slices.return().catch(() => {});
  work.close();
}

function errorBody(error: unknown): ErrorBody {
  return { code: error instanceof SluiceError ? error.code : 'internal', message: messageOf(error) };
}
