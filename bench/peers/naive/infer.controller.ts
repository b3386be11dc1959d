import { InjectQueue } from '@nestjs/bullmq';
import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { Queue } from 'bullmq';
import type { InferAnswer, InferRequest } from '../infer-messages.js';
import { InferEvents } from './infer-events.js';
import { QUEUE_NAME } from './queue-name.js';

const ANSWER_TIMEOUT_MS = 30_000;

@Controller('v2/models')
export class InferController {
  constructor(
    @InjectQueue(QUEUE_NAME) private readonly queue: Queue<InferRequest, InferAnswer>,
    private readonly events: InferEvents,
  ) {
    // Every request in flight listens.
    queue.setMaxListeners(0);
  }

  @Post(':model/infer')
  @HttpCode(200)
  async infer(@Param('model') model: string, @Body() { inputs }: InferRequest) {
    const job = await this.queue.add('infer', { inputs });
    const answer = await job.waitUntilFinished(this.events.queueEvents, ANSWER_TIMEOUT_MS);
    return { model_name: model, ...answer };
  }
}
