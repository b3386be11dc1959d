import { Injectable } from '@nestjs/common';
import {
  messageOf,
  SluiceError,
  type IntroduceJob,
  type Introduction,
  type IntroductionStage,
  type ModelRef,
} from '@sluice/contracts';
import { ModelStore, type ServableModel } from '@sluice/model-store';
import { Logger } from '@sluice/telemetry';
import { Device } from '../execute/device.js';
import type { HostedModel } from '../lifecycle/hosted-model.js';
import { ModelHost } from '../lifecycle/model-host.js';
import { ModelLoader } from '../lifecycle/model-loader.js';
import { RegisteredVersions } from '../lifecycle/registered-versions.js';
import { WorkerIdentity } from '../lifecycle/worker-identity.js';
import { AssignedModels } from '../placement/assigned-models.js';
import { ModelRoom } from '../placement/model-room.js';
import { ModelSizes } from '../placement/model-sizes.js';
import { IntroductionBoard } from './introduction-board.js';
import { Profiler } from './profiler.js';
import type { SlicedWork } from './sliced-work.js';
import type { StageContext, UpdateStage } from './update-stage.js';
import { warmUp } from './warm-up.js';

/** A fault that another attempt does not mend. */
const LASTING = new Set<unknown>(['invalid_request', 'poisoned']);

interface Plan {
  /** It is in nobody's rotation, and belongs to this job. */
  isOutside: boolean;
  profile: SlicedWork | undefined;
  readonly context: StageContext;
}

/**
 * Brings one version into service on this worker, beside the one that serves:
 *
 *     fetch -> (waits-for-room) -> load -> warm-up -> [in the rotation] -> profile -> ready
 *
 * Up to the rotation nobody sees the version, and what was loaded is released when the job ends before. Each step looks
 * at what is there already, so that a job that comes again goes on where the last one was. A version that is not to be
 * served any more, or was since taken out and put in again, is dropped: the job of the later generation brings it.
 *
 * Where the two do not fit side by side the job ends with `waits-for-room`; when the registry allows this worker to
 * exchange them, the next one takes what serves out of the rotation, has it finished and released, and then loads.
 */
@Injectable()
export class Introducer implements UpdateStage<IntroduceJob> {
  readonly kind = 'introduce';

  constructor(
    private readonly store: ModelStore,
    private readonly host: ModelHost,
    private readonly loader: ModelLoader,
    private readonly registered: RegisteredVersions,
    private readonly assigned: AssignedModels,
    private readonly sizes: ModelSizes,
    private readonly room: ModelRoom,
    private readonly profiler: Profiler,
    private readonly device: Device,
    private readonly board: IntroductionBoard,
    private readonly identity: WorkerIdentity,
    private readonly logger: Logger,
  ) {}

  async prepare(job: IntroduceJob, context: StageContext): Promise<SlicedWork> {
    return this.telling(job, () => this.begin(job, context));
  }

  private async begin(job: IntroduceJob, context: StageContext): Promise<SlicedWork> {
    if (!this.isWanted(job)) return nothing('dropped');
    const stored = await this.fetch(job);
    if (!this.isWanted(job)) return nothing('dropped');
    const before = this.host.find(job);
    if (before?.fingerprint === stored.fingerprint) return this.work(job, before, context, true);
    const reason = this.room.whyNone(job);
    if (reason !== undefined && !(await this.makeRoom(job))) {
      this.tell(job, 'waits-for-room', { reason });
      return nothing('waits-for-room');
    }
    this.tell(job, 'load');
    this.assigned.keep(job);
    const opened = await this.open(job, stored);
    if (context.signal.aborted) {
      await this.giveUp(opened);
      throw new SluiceError('shutting_down', 'the introduction was given up: it begins again by itself');
    }
    return this.work(job, opened, context, reason === undefined);
  }

  private async fetch(job: IntroduceJob): Promise<ServableModel> {
    this.tell(job, 'fetch');
    const stored = (await this.store.list(job.model)).find(({ ref }) => ref.version === job.version);
    if (!stored)
      throw new SluiceError('version_not_found', `version ${job.version} is not in the store: push it again`);
    if (stored.fault !== undefined) throw new SluiceError('invalid_request', stored.fault);
    const tooLarge = this.sizes.whyTooLarge(stored);
    if (tooLarge !== undefined) throw new SluiceError('invalid_request', tooLarge);
    await this.store.fetch(stored);
    return stored;
  }

  /** Gives up what serves of the model, where that is allowed and helps. @returns whether there is room now */
  private async makeRoom(job: IntroduceJob): Promise<boolean> {
    const serving = this.host.hostedOf(job.model).map(({ ref }) => ref);
    const mayExchange = this.registered.of(job.model)?.exchange.includes(this.identity.id) ?? false;
    if (serving.length === 0 || !mayExchange || this.room.whyNone(job, serving) !== undefined) return false;
    this.logger.info({ ...refOf(job), instead: serving.map(({ version }) => version) }, 'versions_exchanged');
    await Promise.all(serving.map((ref) => this.host.dismiss(ref)));
    return true;
  }

  private async open(job: IntroduceJob, stored: ServableModel): Promise<HostedModel> {
    try {
      return await this.loader.open(stored);
    } catch (error) {
      this.assigned.letGo(job);
      // The file was there, and whole: it is what the engine, or config.json, says of it.
      if (error instanceof SluiceError && error.code === 'model_unavailable')
        throw new SluiceError('invalid_request', error.message, { cause: error });
      throw error;
    }
  }

  /** @param profiles before it counts as ready; if not, it is profiled like any other afterwards */
  private async work(
    job: IntroduceJob,
    model: HostedModel,
    context: StageContext,
    profiles: boolean,
  ): Promise<SlicedWork> {
    const plan: Plan = { isOutside: this.host.find(job) !== model, profile: undefined, context };
    try {
      if (profiles && this.profiler.claim(model) && (await this.profiler.recall(model)))
        plan.profile = await this.profiler.measure(model, false, {
          ...context,
          onProgress: (progress) => this.progress(job, 'profile', progress, context),
        });
    } catch (error) {
      if (plan.isOutside) await this.giveUp(model);
      throw error;
    }
    return {
      slices: this.tellingSlices(job, this.slices(job, model, plan)),
      conclude: () =>
        this.telling(job, async () => {
          if (this.host.find(job) !== model || !this.isWanted(job)) return encode('dropped');
          await plan.profile?.conclude();
          this.tell(job, 'ready', { progress: 1 });
          return encode('ready');
        }),
      close: () => {
        plan.profile?.close();
        if (plan.isOutside) void this.giveUp(model);
      },
    };
  }

  private async *slices(job: IntroduceJob, model: HostedModel, plan: Plan): SlicedWork['slices'] {
    if (plan.isOutside) {
      this.tell(job, 'warm-up');
      const onProgress = (progress: number) => this.progress(job, 'warm-up', progress, plan.context);
      yield* this.whileWanted(job, warmUp(model, this.device, plan.context.jobId, onProgress));
      if (!this.isWanted(job)) return;
      this.host.enter(model);
      plan.isOutside = false;
    }
    if (!plan.profile) return;
    this.tell(job, 'profile');
    yield* this.whileWanted(job, plan.profile.slices);
  }

  private async *whileWanted(job: IntroduceJob, slices: SlicedWork['slices']): SlicedWork['slices'] {
    for await (const deviceMs of slices) {
      yield deviceMs;
      if (!this.isWanted(job)) return;
    }
  }

  private async *tellingSlices(job: IntroduceJob, slices: SlicedWork['slices']): SlicedWork['slices'] {
    try {
      yield* slices;
    } catch (error) {
      throw this.failed(job, error);
    }
  }

  private async telling<T>(job: IntroduceJob, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw this.failed(job, error);
    }
  }

  /** Whether there is another attempt decides whoever asked: `Introductions` reads the board. */
  private failed(job: IntroduceJob, error: unknown): unknown {
    const isLasting = error instanceof SluiceError && LASTING.has(error.code);
    this.board.fail(job, { reason: messageOf(error), isLasting });
    return error;
  }

  private isWanted(job: IntroduceJob): boolean {
    return this.registered.since(job) === job.generation;
  }

  private async giveUp(model: HostedModel): Promise<void> {
    this.assigned.letGo(model.ref);
    await this.loader.retire(model);
  }

  private tell(job: IntroduceJob, stage: IntroductionStage, more: Partial<Introduction> = {}): void {
    const { model, version, generation, attempt } = job;
    this.board.tell(model, { version, generation, attempt, stage, progress: 0, ...more });
  }

  private progress(job: IntroduceJob, stage: IntroductionStage, progress: number, { onProgress }: StageContext): void {
    this.board.progress(job.model, stage, progress);
    onProgress(stage === 'warm-up' ? progress / 2 : 0.5 + progress / 2);
  }
}

function refOf({ model, version }: ModelRef): ModelRef {
  return { model, version };
}

/** A job that ends where it stands. */
function nothing(outcome: string): SlicedWork {
  return { slices: noSlices(), conclude: async () => encode(outcome), close: () => {} };
}

async function* noSlices(): AsyncGenerator<number, void> {}

function encode(outcome: string): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ outcome }));
}
