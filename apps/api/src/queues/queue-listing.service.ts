import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { InjectBullBoard, type BullBoardInstance } from '@bull-board/nestjs';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { inferenceQueue } from '@sluice/contracts';
import { Queue, type ConnectionOptions } from 'bullmq';
import { ModelCatalogue } from '../models/model-catalogue.js';

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
  ) {}

  onModuleInit(): void {
    this.catalogue.onRefresh((refs) => {
      for (const ref of refs) this.list(inferenceQueue(ref));
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.listed.values()].map((queue) => queue.close()));
  }

  private list(name: string): void {
    if (this.listed.has(name)) return;
    const queue = new Queue(name, this.options);
    // The connection is shared, and its owner hears of its errors.
    queue.on('error', () => {});
    this.listed.set(name, queue);
    this.board.addQueue(new BullMQAdapter(queue));
  }
}
