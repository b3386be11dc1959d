import { Module } from '@nestjs/common';
import { ModelsModule } from '../models/models.module.js';
import { RolloutStream } from './rollout-stream.js';
import { RolloutWatch } from './rollout-watch.js';
import { RolloutsController } from './rollouts.controller.js';
import { RolloutsService } from './rollouts.service.js';

@Module({
  imports: [ModelsModule],
  controllers: [RolloutsController],
  providers: [RolloutsService, RolloutWatch, RolloutStream],
})
export class RolloutsModule {}
