import type { InferenceRequest, Tensor } from '@sluice/contracts';
import type { LeasedJob } from '@sluice/job-queue';
import { afterDeath, type Batchable } from '@sluice/scheduling';
import type { FittedInputs } from '../batch/raggedness.js';
import type { HostedModel } from '../lifecycle/hosted-model.js';

/** A leased job whose request is decoded, waiting for its batch. */
export interface StagedJob extends Batchable {
  readonly leased: LeasedJob;
  readonly request: InferenceRequest;
  readonly model: HostedModel;
  /** Its inputs as they run: padded, where the model has ragged dimensions. */
  readonly fitted: FittedInputs;
  /** By the queue's clock. */
  readonly leasedAt: number;
  readonly expiresAt: number;
  /** Its level: 1 is the most urgent. */
  readonly level: number;
  /** When it was enqueued, by the worker's clock. */
  readonly arrivedAt: number;
}

/** @param leasedAt by the queue's clock @param now by the worker's clock */
export function stageJob(
  leased: LeasedJob,
  request: InferenceRequest,
  model: HostedModel,
  leasedAt: number,
  now: number,
): StagedJob {
  const cannotBatch = model.serving.maxBatchSize === 0;
  const fitted = model.raggedness.fit(request.inputs);
  const { expiresAt, priority, enqueuedAt, deaths } = leased;
  return {
    leased,
    request,
    model,
    fitted,
    leasedAt,
    expiresAt,
    level: priority,
    arrivedAt: now - Math.max(0, leasedAt - enqueuedAt),
    batchKey: batchKey(fitted.inputs),
    rows: request.rows,
    alone: cannotBatch || afterDeath(deaths) === 'alone',
  };
}

/** Requests of one model can be concatenated when their inputs differ in the first dimension only. */
export function batchKey(inputs: readonly Tensor[]): string {
  return inputs.map(({ name, datatype, shape }) => `${name}:${datatype}[${shape.slice(1).join()}]`).join(' ');
}
