import { Injectable } from '@nestjs/common';
import { Cluster } from '@sluice/cluster';
import type { PackedBatch, RunResult } from '@sluice/inference-engine';
import { Logger } from '@sluice/telemetry';
import type { HostedModel } from '../lifecycle/hosted-model.js';
import { WorkerIdentity } from '../lifecycle/worker-identity.js';

/** What is run, beside its tensors. */
export interface Run {
  readonly model: HostedModel;
  readonly rows: number;
  /** Of the ragged dimensions, as the cost model tells runs apart. */
  readonly bucket: string;
  readonly jobIds: readonly string[];
  /** The class that it is charged to. */
  readonly shareClass: string;
}

/** This worker's device. Only the lane that has the turn may run something on it; each run is announced before it starts. */
@Injectable()
export class Device {
  private isRunning = false;

  constructor(
    private readonly cluster: Cluster,
    private readonly identity: WorkerIdentity,
    private readonly logger: Logger,
  ) {}

  /** @throws SluiceError inference_failed; any other code is about the engine */
  async run({ model, rows, bucket, jobIds, shareClass }: Run, batch: PackedBatch): Promise<RunResult> {
    if (this.isRunning) throw new Error('two runs at a time: one of them does not have the turn');
    this.isRunning = true;
    // If the run takes this process down, the others know from this who was in it.
    this.cluster.announceRun(this.identity.id, jobIds);
    const startedAt = Date.now();
    try {
      const result = await model.loaded.run(batch);
      const { deviceMs } = result;
      model.costs.of(bucket).observe(rows, deviceMs);
      this.logger.debug({ ...model.ref, shareClass, jobs: jobIds.length, rows, startedAt, deviceMs }, 'device_ran');
      return result;
    } finally {
      this.isRunning = false;
    }
  }
}
