import { Cluster } from '@sluice/cluster';
import type { PackedBatch, RunResult } from '@sluice/inference-engine';
import { runningAverage, type RunInProgress } from '@sluice/scheduling';
import { Injectable } from '@nestjs/common';
import type { HostedModel } from '../lifecycle/hosted-model.js';
import { WorkerIdentity } from '../lifecycle/worker-identity.js';
import { DeviceToken } from './device-token.js';

/** Runs a batch; only whoever holds the device can. */
export type RunOnDevice = (model: HostedModel, batch: PackedBatch, jobIds: readonly string[]) => Promise<RunResult>;

/** This worker's device: one run at a time, each announced to the cluster before it starts. */
@Injectable()
export class Device {
  private readonly token = new DeviceToken();
  private readonly averageMs = new Map<string, number>();
  private inProgress: RunInProgress | undefined;

  constructor(
    private readonly cluster: Cluster,
    private readonly identity: WorkerIdentity,
  ) {}

  /** The run in progress; undefined while the device is idle. */
  get run(): RunInProgress | undefined {
    return this.inProgress;
  }

  hold<T>(work: (run: RunOnDevice) => Promise<T>): Promise<T> {
    return this.token.hold(() => work((model, batch, jobIds) => this.execute(model, batch, jobIds)));
  }

  private async execute(model: HostedModel, batch: PackedBatch, jobIds: readonly string[]): Promise<RunResult> {
    // If the run takes this process down, the others know from this who was in it.
    this.cluster.announceRun(this.identity.id, jobIds);
    this.inProgress = { startedAt: performance.now(), expectedMs: this.averageMs.get(model.queue) };
    try {
      const result = await model.loaded.run(batch);
      this.averageMs.set(model.queue, runningAverage(this.averageMs.get(model.queue), result.deviceMs));
      return result;
    } finally {
      this.inProgress = undefined;
    }
  }
}
