import { Injectable } from '@nestjs/common';
import { Clock } from '@sluice/clock';
import { Cluster, type WorkerReport } from '@sluice/cluster';
import { WorkerConfig } from '@sluice/config';
import {
  decodeGoldenSet,
  messageOf,
  SluiceError,
  type GoldenItem,
  type GoldenJob,
  type ModelRef,
} from '@sluice/contracts';
import { ContentStore } from '@sluice/model-store';
import { Device } from '../../execute/device.js';
import type { HostedModel } from '../../lifecycle/hosted-model.js';
import { ModelHost } from '../../lifecycle/model-host.js';
import { RegisteredVersions } from '../../lifecycle/registered-versions.js';
import { randomInputs } from '../random-inputs.js';
import type { SlicedWork } from '../sliced-work.js';
import type { StageContext, UpdateStage } from '../update-stage.js';
import { encodeStageResult } from './finished-work.js';
import { GoldenRun } from './golden-run.js';
import { VersionAnswers } from './version-answers.js';

/** Of the worker's own making, where nobody gave any. */
const OWN_INPUTS = 32;
/** In about a millisecond. */
const DECODED_AT_ONCE = 64;

/** Runs inputs on a candidate that this worker has loaded, and compares the answers with what is right. */
@Injectable()
export class GoldenStage implements UpdateStage<GoldenJob> {
  readonly kind = 'golden';

  constructor(
    private readonly config: WorkerConfig,
    private readonly cluster: Cluster,
    private readonly content: ContentStore,
    private readonly models: ModelHost,
    private readonly registered: RegisteredVersions,
    private readonly device: Device,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws SluiceError invalid_request when more answers are wrong than may be, or nothing says what is right;
   * model_unavailable when the inputs are not in the store, or the version was withdrawn
   */
  async prepare(job: GoldenJob, context: StageContext): Promise<SlicedWork | 'not-here'> {
    const candidate = this.models.find(job);
    // A job that nobody is to do any more would stand before those of other rollouts.
    if (!candidate && ['withdrawn', 'retired'].includes(this.registered.roleOf(job))) throw withdrawn(job);
    if (!candidate) return 'not-here';
    candidate.holds.take();
    let work: SlicedWork | 'not-here' = 'not-here';
    try {
      return (work = await this.workOn(candidate, job, context));
    } finally {
      if (work === 'not-here') candidate.holds.drop();
    }
  }

  private async workOn(
    candidate: HostedModel,
    job: GoldenJob,
    { jobId, onProgress }: StageContext,
  ): Promise<SlicedWork | 'not-here'> {
    const items = job.check ? await this.read(job.check.digest) : ownInputs(candidate);
    const live = await this.liveFor(job, items);
    if (live === 'not-here') return live;
    live?.holds.take();
    const { sliceMs } = this.config.scheduling;
    const plan = { device: this.deviceWhile(candidate), jobId, sliceMs };
    const run = new GoldenRun({
      items,
      candidate: new VersionAnswers(candidate, plan),
      live: live && new VersionAnswers(live, plan),
      check: job.check,
      sliceMs,
      clock: this.clock,
      onProgress,
    });
    return {
      slices: run.slices(),
      conclude: async () => encodeStageResult(run.result()),
      close: () => {
        candidate.holds.drop();
        live?.holds.drop();
      },
    };
  }

  /** The device, as long as the candidate is one: nobody asks for the answers of a version that was withdrawn. */
  private deviceWhile(candidate: HostedModel): Pick<Device, 'run'> {
    return {
      run: (run, batch) => {
        if (this.models.find(candidate.ref) === candidate) return this.device.run(run, batch);
        throw withdrawn(candidate.ref);
      },
    };
  }

  private async read(digest: string): Promise<GoldenItem[]> {
    const bytes = await this.content.read(digest);
    const items: GoldenItem[] = [];
    try {
      for (const item of decodeGoldenSet(bytes)) {
        items.push(item);
        if (items.length % DECODED_AT_ONCE === 0) await new Promise<void>((resolve) => this.clock.soon(resolve));
      }
      return items;
    } catch (error) {
      const message = `the golden inputs cannot be read (${messageOf(error)}): upload them again`;
      throw new SluiceError('invalid_request', message, { cause: error });
    }
  }

  /**
   * The version to compare with; undefined when nothing is to be compared with one. Where it is not here, a worker that has
   * both is to do the job. There may be none, when they do not fit into the memory of any.
   */
  private async liveFor(
    { model, version, against, check }: GoldenJob,
    items: readonly GoldenItem[],
  ): Promise<HostedModel | 'not-here' | undefined> {
    if (items.every(({ outputs }) => outputs)) return undefined;
    const live = against === undefined ? undefined : this.models.find({ model, version: against });
    if (live) return live;
    const both = [version, against];
    const workers = against === undefined ? [] : await this.cluster.workers();
    if (workers.some((worker) => both.every((each) => isReady(worker, model, each)))) return 'not-here';
    // Of inputs that nobody has chosen it is enough that they can be run.
    if (!check) return undefined;
    if (against === undefined)
      throw new SluiceError(
        'invalid_request',
        `no version of ${model} is live to say what is right: give the outputs that are expected with the golden inputs`,
      );
    throw new SluiceError(
      'model_unavailable',
      `no worker has versions ${version} and ${against} of ${model} in memory at a time: ` +
        'give the outputs that are expected with the golden inputs',
    );
  }
}

function ownInputs({ loaded, raggedness }: HostedModel): GoldenItem[] {
  const [sizes = []] = raggedness.buckets().values();
  return Array.from({ length: OWN_INPUTS }, (_, seed) => ({
    rows: 1,
    inputs: randomInputs(loaded.signature, sizes, seed),
  }));
}

function isReady({ models }: WorkerReport, model: string, version: string | undefined): boolean {
  return models.some((each) => each.model === model && each.version === version && each.state === 'ready');
}

function withdrawn({ model, version }: ModelRef): SluiceError {
  return new SluiceError('model_unavailable', `version ${version} of ${model} was withdrawn meanwhile`);
}
