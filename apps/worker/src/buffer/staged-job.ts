import type { InferenceRequest, Tensor } from '@sluice/contracts';
import type { LeasedJob } from '@sluice/job-queue';
import { afterDeath, type Batchable } from '@sluice/scheduling';
import type { HostedModel } from '../lifecycle/hosted-model.js';

/** A leased job whose request is decoded, waiting for its batch. */
export interface StagedJob extends Batchable {
  readonly leased: LeasedJob;
  readonly request: InferenceRequest;
  readonly model: HostedModel;
  /** By the queue's clock. */
  readonly leasedAt: number;
}

export function stageJob(
  leased: LeasedJob,
  request: InferenceRequest,
  model: HostedModel,
  leasedAt: number,
): StagedJob {
  const cannotBatch = model.serving.maxBatchSize === 0;
  return {
    leased,
    request,
    model,
    leasedAt,
    batchKey: batchKey(request.inputs),
    rows: request.rows,
    alone: cannotBatch || afterDeath(leased.deaths) === 'alone',
  };
}

/** Requests of one model can be concatenated when their inputs differ in the first dimension only. */
function batchKey(inputs: readonly Tensor[]): string {
  return inputs.map(({ name, datatype, shape }) => `${name}:${datatype}[${shape.slice(1).join()}]`).join(' ');
}
