import type { InferenceRequest } from '@sluice/contracts';
import type { StagedJob } from '../buffer/staged-job.js';
import type { Ending } from '../execute/ending.js';

/** A request whose end was settled by this worker. */
export interface EndedRequest extends Ending {
  readonly job: Pick<StagedJob, 'leased' | 'leasedAt' | 'rows'> & {
    readonly request: Pick<InferenceRequest, 'unpinned'>;
  };
}
