import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { BullBoardModule } from '@bull-board/nestjs';
import { BullModule } from '@nestjs/bullmq';
import { Module, type DynamicModule } from '@nestjs/common';
import type { ApiConfig } from '@sluice/config';
import { MODEL_UPDATE_QUEUE } from '@sluice/contracts';
import { redisConnection } from '@sluice/redis-connection';
import type { Logger } from '@sluice/telemetry';
import { ModelsModule } from '../models/models.module.js';
import { QueueBoard } from './queue-board.js';
import { BOARD_CONNECTION, QueueListing } from './queue-listing.service.js';

export const BOARD_ROUTE = '/queues';

/** BullMQ as Nest knows it, and Bull Board over every queue. */
@Module({})
export class QueuesModule {
  static with({ redisUrl, prefix }: ApiConfig, logger: Logger): DynamicModule {
    const connection = redisConnection(redisUrl, 'board', ({ message }) => {
      logger.warn({ reason: message }, 'redis_error');
    });
    return {
      module: QueuesModule,
      imports: [
        ModelsModule,
        BullModule.forRoot({ connection, prefix }),
        BullModule.registerQueue({ name: MODEL_UPDATE_QUEUE }),
        BullBoardModule.forRoot({
          route: BOARD_ROUTE,
          adapter: QueueBoard,
          boardOptions: { uiConfig: { boardTitle: 'Sluice' } },
        }),
        BullBoardModule.forFeature({ name: MODEL_UPDATE_QUEUE, adapter: BullMQAdapter }),
      ],
      providers: [{ provide: BOARD_CONNECTION, useValue: { connection, prefix } }, QueueListing],
    };
  }
}
