import { Injectable } from '@nestjs/common';
import { WorkerConfig } from '@sluice/config';
import { inferenceQueue, modelOfQueue, type ModelRef } from '@sluice/contracts';
import { ModelHost } from '../lifecycle/model-host.js';
import { RegisteredVersions } from '../lifecycle/registered-versions.js';
import { AssignedModels } from './assigned-models.js';
import { ModelSizes } from './model-sizes.js';

/**
 * Whether a version that the coordinator has not assigned fits into this worker's memory budget: beside what is loaded
 * and what was assigned, which may come at any time.
 */
@Injectable()
export class ModelRoom {
  constructor(
    private readonly config: WorkerConfig,
    private readonly host: ModelHost,
    private readonly registered: RegisteredVersions,
    private readonly assigned: AssignedModels,
    private readonly sizes: ModelSizes,
  ) {}

  /** Also when it is not known how much it takes. */
  isThere(ref: ModelRef): boolean {
    return this.whyNone(ref) === undefined;
  }

  /**
   * @param leaving versions that would make room for it
   * @returns what does not fit, for people; undefined when it fits
   */
  whyNone(ref: ModelRef, leaving: readonly ModelRef[] = []): string | undefined {
    const { budgetBytes } = this.config.placement;
    const bytes = this.sizes.of(inferenceQueue(ref))?.bytes;
    if (budgetBytes === undefined || bytes === undefined) return undefined;
    const without = new Set([ref, ...leaving].map(inferenceQueue));
    const taken = this.taken().filter((queue) => !without.has(queue));
    const takenBytes = taken.reduce((sum, queue) => sum + (this.sizes.of(queue)?.bytes ?? 0), 0);
    if (takenBytes + bytes <= budgetBytes) return undefined;
    return (
      `it takes about ${bytes} bytes of memory, beside ${takenBytes} of ${taken.join(', ')}: ` +
      `SLUICE_MODEL_MEMORY allows ${budgetBytes}`
    );
  }

  private taken(): string[] {
    const loaded = this.host.hostedModels().map(({ queue }) => queue);
    // What was assigned, and has gone out of service before it came, does not come any more.
    const assigned = this.assigned.names.filter((queue) => {
      const role = this.registered.roleOf(modelOfQueue(queue));
      return role !== 'retired' && role !== 'withdrawn';
    });
    return [...new Set([...loaded, ...assigned])];
  }
}
