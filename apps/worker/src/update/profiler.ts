import { Injectable } from '@nestjs/common';
import { Clock } from '@sluice/clock';
import { Cluster } from '@sluice/cluster';
import { WorkerConfig } from '@sluice/config';
import { MODEL_UPDATE_CLASS, SluiceError, type CostPoint, type ModelProfile, type ProfileJob } from '@sluice/contracts';
import { packBatch } from '@sluice/inference-engine';
import { JobQueue } from '@sluice/job-queue';
import { bestBatch } from '@sluice/scheduling';
import { Logger } from '@sluice/telemetry';
import { Device } from '../execute/device.js';
import { deviceKind } from '../lifecycle/device-kind.js';
import type { HostedModel } from '../lifecycle/hosted-model.js';
import { ModelHost } from '../lifecycle/model-host.js';
import { generateInputs } from './generated-inputs.js';
import { profileSlices } from './profile-slices.js';
import type { SlicedWork } from './sliced-work.js';
import type { StageContext, UpdateStage } from './update-stage.js';

/** A profile that was begun so often and never finished is not begun again by itself: it may be what ends the process. */
const MOST_ATTEMPTS = 3;

/** Measures model versions on this worker's device, and knows what was measured before on devices of its kind. */
@Injectable()
export class Profiler implements UpdateStage<ProfileJob> {
  readonly kind = 'profile';
  private readonly claimed = new WeakSet<HostedModel>();

  constructor(
    private readonly config: WorkerConfig,
    private readonly cluster: Cluster,
    private readonly queue: JobQueue,
    private readonly models: ModelHost,
    private readonly device: Device,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Whoever sees to a model's profile claims it. @returns false when somebody has done so */
  claim(model: HostedModel): boolean {
    if (this.claimed.has(model)) return false;
    this.claimed.add(model);
    return true;
  }

  /** It was not seen to. */
  disclaim(model: HostedModel): void {
    this.claimed.delete(model);
  }

  /** Lets the model's costs begin with what is known. @returns whether the model is to be measured */
  async recall(model: HostedModel): Promise<boolean> {
    const known = await this.known(model);
    if (known && isFinished(known)) {
      model.costs.learnFrom(known);
      return false;
    }
    return this.config.scheduling.profile === 'auto' && (known?.attempts ?? 0) < MOST_ATTEMPTS;
  }

  /** @throws SluiceError model_unavailable: the version is not served here (any more) */
  async prepare(job: ProfileJob, context: StageContext): Promise<SlicedWork> {
    const model = this.models.find(job);
    if (!model) throw new SluiceError('model_unavailable', `${job.model} ${job.version} is not served by this worker`);
    return this.measure(model, job.again, context);
  }

  /** @param again also when another worker of this kind has measured it */
  async measure(model: HostedModel, again: boolean, { jobId, onProgress }: StageContext): Promise<SlicedWork> {
    const known = await this.known(model);
    model.holds.take();
    const close = () => model.holds.drop();
    // Another worker of this kind may have been quicker.
    if (known && isFinished(known) && !again) return this.adopt(model, known, close);
    const begun = this.begun(model, known);
    await this.cluster.saveProfile(begun);
    const measured = new Map<string, CostPoint[]>();
    const slices = this.slices(model, jobId, measured, onProgress);
    return { slices, conclude: () => this.conclude(model, begun, measured), close };
  }

  private adopt(model: HostedModel, profile: ModelProfile, close: () => void): SlicedWork {
    model.costs.learnFrom(profile);
    return { slices: nothing(), conclude: async () => encode(profile), close };
  }

  private begun(model: HostedModel, before: ModelProfile | undefined): ModelProfile {
    return {
      ...model.ref,
      deviceKind: this.kindOf(model),
      fingerprint: model.fingerprint,
      buckets: before?.buckets ?? {},
      bestBatch: before?.bestBatch ?? {},
      attempts: (before?.attempts ?? 0) + 1,
      measuredAt: this.queue.now(),
    };
  }

  private async *slices(
    model: HostedModel,
    jobId: string,
    measured: Map<string, CostPoint[]>,
    onProgress: (progress: number) => void,
  ): AsyncGenerator<number, void> {
    const { loaded, serving, raggedness } = model;
    const outputs = serving.signature.outputs.map(({ name }) => name);
    const buckets = raggedness.buckets();
    for (const [bucket, sizes] of buckets) {
      const points: CostPoint[] = [];
      yield* profileSlices({
        maxBatchSize: serving.maxBatchSize,
        sliceMs: this.config.scheduling.sliceMs,
        clock: this.clock,
        onProgress: (progress) => onProgress((measured.size + progress) / buckets.size),
        onPoint: (point) => points.push(point),
        run: async (rows) => {
          const batch = packBatch(generateInputs(loaded.signature, rows, sizes), outputs);
          const { deviceMs } = await this.device.run(
            { model, rows, bucket, jobIds: [jobId], shareClass: MODEL_UPDATE_CLASS },
            batch,
          );
          return deviceMs;
        },
      });
      measured.set(bucket, points);
    }
  }

  private async conclude(
    model: HostedModel,
    begun: ModelProfile,
    measured: ReadonlyMap<string, readonly CostPoint[]>,
  ): Promise<Uint8Array> {
    const limit = Math.max(1, model.serving.maxBatchSize);
    const profile: ModelProfile = {
      ...begun,
      buckets: Object.fromEntries(measured),
      bestBatch: Object.fromEntries([...measured].map(([bucket, points]) => [bucket, bestBatch(points, limit)])),
      attempts: 0,
      measuredAt: this.queue.now(),
    };
    await this.cluster.saveProfile(profile);
    model.costs.learnFrom(profile);
    const { deviceKind: device, bestBatch: best, buckets } = profile;
    this.logger.info({ ...model.ref, device, bestBatch: best, buckets }, 'model_profiled');
    return encode(profile);
  }

  private async known(model: HostedModel): Promise<ModelProfile | undefined> {
    const kind = this.kindOf(model);
    const profiles = await this.cluster.profiles(model.ref);
    return profiles.find((each) => each.deviceKind === kind && each.fingerprint === model.fingerprint);
  }

  private kindOf({ loaded }: HostedModel): string {
    return deviceKind(loaded.device, this.config.engine.intraOpThreads);
  }
}

function isFinished({ buckets }: ModelProfile): boolean {
  return Object.keys(buckets).length > 0;
}

function encode(profile: ModelProfile): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(profile));
}

async function* nothing(): AsyncGenerator<number, void> {}
