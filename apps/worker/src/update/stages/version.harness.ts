import type { LoadedModel, PackedBatch } from '@sluice/inference-engine';
import { Raggedness } from '../../batch/raggedness.js';
import type { Run } from '../../execute/device.js';
import { ModelCosts } from '../../execute/model-costs.js';
import type { HostedModel } from '../../lifecycle/hosted-model.js';
import { VersionAnswers } from './version-answers.js';

export const SLICE_MS = 10;

/** A version that is asked, on a device of its own. */
export class VersionHarness {
  /** Rows of each run, oldest first. */
  readonly runs: number[] = [];
  readonly answers: VersionAnswers;

  constructor(loaded: LoadedModel, maxBatchSize: number) {
    const { signature, device } = loaded;
    const model = {
      ref: { model: 'm', version: '1' },
      loaded,
      serving: { platform: 'scripted', signature, maxBatchSize, device },
      raggedness: new Raggedness([], signature),
      costs: new ModelCosts(maxBatchSize),
    } as HostedModel;
    const run = async ({ rows, bucket, shareClass, jobIds }: Run, batch: PackedBatch) => {
      expect({ shareClass, jobIds }).toEqual({ shareClass: 'model-update', jobIds: ['job'] });
      this.runs.push(rows);
      const result = await loaded.run(batch);
      model.costs.of(bucket).observe(rows, result.deviceMs);
      return result;
    };
    this.answers = new VersionAnswers(model, { device: { run }, jobId: 'job', sliceMs: SLICE_MS });
  }
}
