import { InjectBullBoard, type BullBoardInstance } from '@bull-board/nestjs';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Cluster, type WorkerReport } from '@sluice/cluster';
import { inferenceQueue, messageOf, queueOwner, type ModelRef } from '@sluice/contracts';
import { JobQueue } from '@sluice/job-queue';
import { Logger } from '@sluice/telemetry';
import { Queue, type ConnectionOptions } from 'bullmq';
import { ModelCatalogue } from '../models/model-catalogue.js';
import { ListedQueueAdapter } from './listed-queue-adapter.js';

export const BOARD_CONNECTION = Symbol('connection of the queue board');

export interface BoardConnection {
  readonly connection: ConnectionOptions;
  readonly prefix: string;
}

const LOOK_EVERY_MS = 1_000;

/** Puts every queue on the board: those of models as they appear, and those of single workers while they exist. */
@Injectable()
export class QueueListing implements OnModuleInit, OnApplicationShutdown {
  private readonly listed = new Map<string, Queue>();
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;

  constructor(
    @InjectBullBoard() private readonly board: BullBoardInstance,
    @Inject(BOARD_CONNECTION) private readonly options: BoardConnection,
    private readonly catalogue: ModelCatalogue,
    private readonly cluster: Cluster,
    private readonly queue: JobQueue,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.catalogue.onRefresh((refs) => {
      for (const ref of refs) this.list(inferenceQueue(ref), (worker) => hasReady(worker, ref));
    });
    this.timer = setInterval(() => {
      this.looking ??= this.look().finally(() => (this.looking = undefined));
    }, LOOK_EVERY_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
    await Promise.all([...this.listed.values()].map((queue) => queue.close()));
  }

  /** At the queues that belong to workers: they come and go. Never rejects. */
  private async look(): Promise<void> {
    try {
      const names = new Set(await this.queue.queues());
      for (const name of names) {
        const owner = queueOwner(name);
        if (owner !== undefined) this.list(name, ({ id }) => id === owner);
      }
      const gone = [...this.listed].filter(([name]) => queueOwner(name) !== undefined && !names.has(name));
      for (const [name, queue] of gone) {
        this.listed.delete(name);
        this.board.removeQueue(name);
        await queue.close();
      }
    } catch (error) {
      this.logger.warn({ reason: messageOf(error) }, 'queues_unread');
    }
  }

  private list(name: string, serves: (worker: WorkerReport) => boolean): void {
    if (this.listed.has(name)) return;
    const queue = new Queue(name, this.options);
    // The connection is shared, and its owner hears of its errors.
    queue.on('error', () => {});
    this.listed.set(name, queue);
    this.board.addQueue(new ListedQueueAdapter(queue, serves, this.cluster));
  }
}

function hasReady({ models }: WorkerReport, { model, version }: ModelRef): boolean {
  return models.some((report) => report.state === 'ready' && report.model === model && report.version === version);
}
