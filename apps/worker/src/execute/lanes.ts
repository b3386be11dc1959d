import { Injectable } from '@nestjs/common';
import { Clock } from '@sluice/clock';
import { WorkerConfig } from '@sluice/config';
import { MODEL_UPDATE_CLASS } from '@sluice/contracts';
import { JobQueue, type Lease } from '@sluice/job-queue';
import { Logger } from '@sluice/telemetry';
import { BufferPool } from '../batch/buffer-pool.js';
import { Staging } from '../buffer/staging.js';
import { Settler } from '../settle/settler.js';
import { StatisticsCollector } from '../statistics/statistics-collector.js';
import { Executor } from './executor.js';
import { InferenceLane } from './inference-lane.js';

/** What the lanes tell about. */
export interface LaneEvents {
  readonly onTaken: () => void;
  readonly onChange: () => void;
  readonly onEngineGone: (error: unknown) => void;
}

/** The lanes of inference: one for each class of the share policy but that of updates. */
@Injectable()
export class Lanes {
  readonly inference: readonly InferenceLane[];
  private events: LaneEvents | undefined;

  constructor(
    config: WorkerConfig,
    pool: BufferPool,
    executor: Executor,
    settler: Settler,
    statistics: StatisticsCollector,
    queue: JobQueue,
    clock: Clock,
    logger: Logger,
  ) {
    const parts = {
      executor,
      settler,
      statistics,
      queue,
      clock,
      logger,
      onTaken: () => this.events?.onTaken(),
      onChange: () => this.events?.onChange(),
      onEngineGone: (error: unknown) => this.events?.onEngineGone(error),
    };
    this.inference = config.scheduling.classes
      .filter(({ name }) => name !== MODEL_UPDATE_CLASS)
      .map(({ name }) => new InferenceLane(name, new Staging(pool), parts));
  }

  tell(events: LaneEvents): void {
    this.events = events;
  }

  /** Jobs that are held and have not started. */
  get leasedNotStarted(): number {
    return this.inference.reduce((sum, { staging }) => sum + staging.size, 0);
  }

  /** Forgets what has not started: those given by id, or all. @returns their leases */
  forget(jobIds?: ReadonlySet<string>): Lease[] {
    return this.inference.flatMap(({ staging }) => staging.remove(jobIds).map(({ leased }) => leased.lease));
  }
}
