import { Injectable, type OnModuleInit } from '@nestjs/common';
import { inferenceQueue, SluiceError } from '@sluice/contracts';
import { JobRunner } from '../jobs/job-runner.js';
import { ModelCatalogue } from '../models/model-catalogue.js';

/**
 * Answers those who wait for a model that was unloaded. What a worker has begun is finished and answered as ever; what
 * still waits in the queue would wait for its deadline, so that it is taken out and its client told at once. Work that
 * nobody holds the line for is left there: it runs when the model is loaded again before it expires.
 */
@Injectable()
export class UnloadedQueues implements OnModuleInit {
  constructor(
    private readonly catalogue: ModelCatalogue,
    private readonly jobs: JobRunner,
  ) {}

  onModuleInit(): void {
    this.catalogue.onRefresh(() => {
      for (const ref of this.catalogue.unloaded()) {
        const message = `model ${ref.model} version ${ref.version} is not available: unloaded`;
        this.jobs.refuseWaiting(inferenceQueue(ref), new SluiceError('model_unavailable', message));
      }
    });
  }
}
