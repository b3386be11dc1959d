import { Processor, WorkerHost } from '@nestjs/bullmq';
import { Job } from 'bullmq';
import type { InferAnswer, InferRequest } from '../infer-messages.js';
import { fromJson, toJson } from '../json-tensors.js';
import { InferenceService } from './inference.service.js';
import { QUEUE_NAME } from './queue-name.js';

/** As many jobs at once as Sluice takes into a batch. */
@Processor(QUEUE_NAME, { concurrency: 32 })
export class InferProcessor extends WorkerHost {
  constructor(private readonly inference: InferenceService) {
    super();
  }

  async process({ data }: Job<InferRequest>): Promise<InferAnswer> {
    return toJson(await this.inference.run(fromJson(data)));
  }
}
