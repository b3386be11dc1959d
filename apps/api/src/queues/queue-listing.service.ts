import { InjectBullBoard, type BullBoardInstance } from '@bull-board/nestjs';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Cluster } from '@sluice/cluster';
import { inferenceQueue, type ModelRef } from '@sluice/contracts';
import { Queue, type ConnectionOptions } from 'bullmq';
import { ModelCatalogue } from '../models/model-catalogue.js';
import { ModelQueueAdapter } from './model-queue-adapter.js';

export const BOARD_CONNECTION = Symbol('connection of the queue board');

export interface BoardConnection {
  readonly connection: ConnectionOptions;
  readonly prefix: string;
}

/** Puts every queue on the board, those that appear at run time too. */
@Injectable()
export class QueueListing implements OnModuleInit, OnApplicationShutdown {
  private readonly listed = new Map<string, Queue>();

  constructor(
    @InjectBullBoard() private readonly board: BullBoardInstance,
    @Inject(BOARD_CONNECTION) private readonly options: BoardConnection,
    private readonly catalogue: ModelCatalogue,
    private readonly cluster: Cluster,
  ) {}

  onModuleInit(): void {
    this.catalogue.onRefresh((refs) => {
      for (const ref of refs) this.list(ref);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.listed.values()].map((queue) => queue.close()));
  }

  private list(ref: ModelRef): void {
    const name = inferenceQueue(ref);
    if (this.listed.has(name)) return;
    const queue = new Queue(name, this.options);
    // The connection is shared, and its owner hears of its errors.
    queue.on('error', () => {});
    this.listed.set(name, queue);
    this.board.addQueue(new ModelQueueAdapter(queue, ref, this.cluster));
  }
}
