import { Injectable } from '@nestjs/common';
import { Cluster, type WorkerReport } from '@sluice/cluster';
import { encodeUpdateJob, SluiceError, workerUpdateQueue, type ModelRef } from '@sluice/contracts';
import type { JobView } from '../jobs/format-job.js';
import { JobsService } from '../jobs/jobs.service.js';
import { ModelCatalogue } from '../models/model-catalogue.js';
import { formatProfile, type ProfileView } from './format-profile.js';

/** A worker that has not begun by then has other things to do. */
const EXPIRES_AFTER_MS = 60 * 60 * 1000;

/** A profile that was asked for. */
export interface ProfileJobView extends JobView {
  readonly queue: string;
}

/** What batches of a version cost on each kind of device: measured by the workers, anew when somebody asks for it. */
@Injectable()
export class ProfilesService {
  constructor(
    private readonly cluster: Cluster,
    private readonly catalogue: ModelCatalogue,
    private readonly jobs: JobsService,
  ) {}

  /** @throws SluiceError model_not_found, version_not_found, no_worker (nothing is known yet) */
  async read(ref: ModelRef): Promise<ProfileView[]> {
    // Throws for one that is not there.
    this.catalogue.readiness(ref.model, ref.version);
    return (await this.cluster.profiles(ref)).map(formatProfile);
  }

  /**
   * Asks every worker that has the version ready to measure it, those aside that do so already.
   * @throws SluiceError model_not_found, version_not_found, no_worker, model_unavailable (nobody has it ready),
   * update_in_progress (all of them are at it), redis_unavailable
   */
  async measure(ref: ModelRef, caller: string): Promise<ProfileJobView[]> {
    const readiness = this.catalogue.readiness(ref.model, ref.version);
    if (!readiness.ready)
      throw new SluiceError('model_unavailable', `${nameOf(ref)} cannot be measured: ${readiness.reason}`);
    const [workers, busy] = await Promise.all([this.cluster.workers(), this.measuring(ref)]);
    const holding = workers.filter((worker) => holds(worker, ref));
    if (holding.length === 0)
      throw new SluiceError('no_worker', `${nameOf(ref)} cannot be measured: no worker that is alive has it ready`);
    const free = holding.filter(({ id }) => !busy.has(id));
    if (free.length === 0) {
      const who = holding.map(({ id }) => id).join(', ');
      throw new SluiceError(
        'update_in_progress',
        `${nameOf(ref)} is being measured already, by ${who}: see GET /cluster`,
      );
    }
    return Promise.all(free.map(({ id }) => this.enqueue(ref, workerUpdateQueue(id), caller)));
  }

  /** The workers that measure the version at this moment. */
  private async measuring({ model, version }: ModelRef): Promise<Set<string>> {
    const loads = await this.cluster.loads();
    const measuring = loads.filter(({ update }) => update?.name === `profile ${model} ${version}`);
    return new Set(measuring.map(({ workerId }) => workerId));
  }

  private async enqueue(ref: ModelRef, queue: string, owner: string): Promise<ProfileJobView> {
    const { model, version } = ref;
    const view = await this.jobs.submit(ref, {
      queue,
      name: 'profile',
      label: { model, version },
      payload: encodeUpdateJob({ kind: 'profile', model, version, again: true }),
      priority: 1,
      rows: 1,
      timeoutMs: EXPIRES_AFTER_MS,
      mustBeInTime: false,
      owner,
    });
    return { ...view, queue };
  }
}

function holds({ state, models }: WorkerReport, { model, version }: ModelRef): boolean {
  const ready = models.some((each) => each.state === 'ready' && each.model === model && each.version === version);
  return ready && state !== 'draining';
}

function nameOf({ model, version }: ModelRef): string {
  return `model ${model} version ${version}`;
}
