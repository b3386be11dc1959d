import { BullModule } from '@nestjs/bullmq';
import { Module, type DynamicModule } from '@nestjs/common';
import { InferController } from './infer.controller.js';
import { InferEvents } from './infer-events.js';
import { QUEUE_NAME } from './queue-name.js';

/** The API's process: puts jobs into the queue, and waits for their ends. */
@Module({})
export class ApiModule {
  static connectedTo(redisUrl: string): DynamicModule {
    return {
      module: ApiModule,
      imports: [
        BullModule.forRoot({ connection: { url: redisUrl } }),
        BullModule.registerQueue({
          name: QUEUE_NAME,
          // With `true` a job that ends before `waitUntilFinished` looks for it is taken for missing.
          defaultJobOptions: { removeOnComplete: { count: 1_000 }, removeOnFail: { count: 1_000 } },
        }),
      ],
      controllers: [InferController],
      providers: [InferEvents],
    };
  }
}
