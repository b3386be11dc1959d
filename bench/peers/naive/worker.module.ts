import { BullModule } from '@nestjs/bullmq';
import { Module, type DynamicModule } from '@nestjs/common';
import { InferProcessor } from './infer.processor.js';
import { InferenceService } from './inference.service.js';
import { QUEUE_NAME } from './queue-name.js';

/** The worker's process: takes jobs out of the queue, and runs the model on a thread of its own. */
@Module({})
export class WorkerModule {
  static serving(modelPath: string, redisUrl: string): DynamicModule {
    return {
      module: WorkerModule,
      imports: [BullModule.forRoot({ connection: { url: redisUrl } }), BullModule.registerQueue({ name: QUEUE_NAME })],
      providers: [{ provide: InferenceService, useFactory: () => InferenceService.open(modelPath) }, InferProcessor],
    };
  }
}
