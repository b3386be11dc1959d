import type { Clock } from '@sluice/clock';
import type { Cluster } from '@sluice/cluster';
import { SluiceError, type ErrorBody } from '@sluice/contracts';
import type { JobQueue } from '@sluice/job-queue';
import type { Logger } from '@sluice/telemetry';
import { ModelCatalogue } from '../../../apps/api/src/models/model-catalogue.js';
import { ColdStarts } from '../../../apps/api/src/placement/cold-starts.js';
import { nothingRegistered } from '../../../apps/api/src/routing/nothing-registered.fixture.js';

export interface Refused extends ErrorBody {
  /** Undefined: the client may come again whenever it likes. */
  readonly retryAfterMs: number | undefined;
}

/** What the API lets in of requests for models that may be in nobody's memory: its own code, on the simulated clock. */
export class ColdGate {
  private readonly catalogue: ModelCatalogue;
  private readonly coldStarts: ColdStarts;

  constructor(cluster: Cluster, queue: JobQueue, clock: Clock, logger: Logger) {
    this.catalogue = new ModelCatalogue(cluster, nothingRegistered(clock), clock, logger);
    this.coldStarts = new ColdStarts(this.catalogue, cluster, queue, clock);
  }

  start(): Promise<void> {
    return this.catalogue.onApplicationBootstrap();
  }

  /** Undefined: it is let in. */
  async refusal(model: string, timeoutMs: number): Promise<Refused | undefined> {
    try {
      const { ref } = await this.coldStarts.known(model, undefined, timeoutMs);
      await this.coldStarts.admit(ref, timeoutMs);
      return undefined;
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      return { ...error.toBody(), retryAfterMs: error.retryAfterMs };
    }
  }
}
