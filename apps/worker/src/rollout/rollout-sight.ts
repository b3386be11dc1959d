import { Injectable } from '@nestjs/common';
import { Cluster, type WorkerReport } from '@sluice/cluster';
import { decodeStageResult, messageOf, MODEL_UPDATE_QUEUE, type Rollout } from '@sluice/contracts';
import { JobQueue, type JobStatus } from '@sluice/job-queue';
import type { RegisteredModel } from '@sluice/model-registry';
import { awaitedJob, type RolloutWorld, type StageJob, type WorkerSight } from '@sluice/scheduling';

/** Looks at all that the next step of a rollout may depend on. */
@Injectable()
export class RolloutSight {
  constructor(
    private readonly cluster: Cluster,
    private readonly queue: JobQueue,
  ) {}

  /** @param registry as it was read, so that what is decided on it can be fenced by it */
  async of(rollout: Rollout, registry: RegisteredModel): Promise<RolloutWorld> {
    const { model } = rollout;
    const [reports, arms, job] = await Promise.all([
      this.cluster.workers(),
      rollout.phase === 'canary' ? this.armsOf(model) : [],
      this.jobOf(rollout),
    ]);
    return { now: this.queue.now(), registry, workers: reports.map((report) => sightOf(report, model)), arms, job };
  }

  private async armsOf(model: string): Promise<RolloutWorld['arms']> {
    const loads = await this.cluster.loads();
    return loads.flatMap(({ arms = [] }) => arms.filter((arm) => arm.model === model));
  }

  private async jobOf(rollout: Rollout): Promise<StageJob | undefined> {
    const awaited = awaitedJob(rollout);
    if (!awaited) return undefined;
    const [status] = await this.queue.inspect(MODEL_UPDATE_QUEUE, [awaited.jobId]);
    return status && stageJob(status);
  }
}

function sightOf({ id, state, models, introductions }: WorkerReport, model: string): WorkerSight {
  return {
    id,
    state,
    models: models.filter((report) => report.model === model),
    introduction: introductions?.[model],
  };
}

function stageJob(status: JobStatus): StageJob {
  if (status.state !== 'ended') return { state: status.state };
  const { outcome } = status;
  if (!outcome.ok) return { state: 'failed', error: outcome.error };
  try {
    return { state: 'ended', result: decodeStageResult(outcome.result) };
  } catch (error) {
    // A worker of another version of Sluice may have done it; the next attempt may meet one of ours.
    return { state: 'failed', error: { code: 'internal', message: `its result is unreadable: ${messageOf(error)}` } };
  }
}
