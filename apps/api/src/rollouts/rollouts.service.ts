import { Injectable } from '@nestjs/common';
import { ApiConfig } from '@sluice/config';
import { encodeGoldenSet, SluiceError, type GoldenCheck, type Rollout } from '@sluice/contracts';
import { JobIds, JobQueue } from '@sluice/job-queue';
import { ModelRegistry, RolloutBook, type RegisteredModel } from '@sluice/model-registry';
import { ContentStore } from '@sluice/model-store';
import { instructed, newRollout, type Instruction } from '@sluice/scheduling';
import { Logger } from '@sluice/telemetry';
import type { TargetModel } from '../inference/protocol/infer-request.js';
import { inTime } from '../jobs/in-time.js';
import { ModelCatalogue } from '../models/model-catalogue.js';
import { formatRollout, type RolloutView } from './format-rollout.js';
import { readGoldenItems } from './golden-items.js';
import type { GoldenRequest, RolloutRequest } from './rollout-request.js';
import { servedVersion } from './served-version.js';

/** Longest wait for Redis. */
const REDIS_MS = 5_000;
/** Others may change a model or a rollout at the same time, each of them once or twice. */
const MOST_ATTEMPTS = 10;

/** Rollouts as people begin them, look at them, and have a say in them; the workers carry them out. */
@Injectable()
export class RolloutsService {
  private readonly ids: JobIds;

  constructor(
    private readonly config: ApiConfig,
    private readonly store: ContentStore,
    private readonly registry: ModelRegistry,
    private readonly rollouts: RolloutBook,
    private readonly catalogue: ModelCatalogue,
    private readonly queue: JobQueue,
    private readonly logger: Logger,
  ) {
    this.ids = new JobIds(() => this.queue.now(), Math.random);
  }

  /**
   * @throws SluiceError invalid_request; version_not_found; conflict when the model has a rollout that has not ended, or
   * the version is live; model_unavailable while it is not known what serves; redis_unavailable
   */
  async begin(model: string, { version, strategy, golden }: RolloutRequest, by: string): Promise<RolloutView> {
    const now = await inTime(this.registry.model(model), REDIS_MS);
    await this.assertThere(version, now);
    // All that can be wrong with the request is found before anything is changed.
    const live = now.generation > 0 ? now.live : await this.served(model);
    if (version === live) throw new SluiceError('conflict', `version ${version} of ${model} is live already`);
    const check = golden && (await this.keepGolden(golden, this.liveTarget(model, live)));
    const { live: from } = await inTime(this.manage(model, by), REDIS_MS);
    const order = { id: this.ids.next(), model, version, from, strategy: { ...strategy, golden: check }, by };
    const rollout = await inTime(this.rollouts.create(newRollout(order, this.queue.now())), REDIS_MS);
    this.logger.info({ model, version, from, rollout: rollout.id, by }, 'rollout_begun');
    return this.view(rollout);
  }

  /** The newest first. @throws SluiceError redis_unavailable */
  async list(model: string): Promise<RolloutView[]> {
    return (await inTime(this.rollouts.list(model), REDIS_MS)).map((rollout) => this.view(rollout));
  }

  /** @throws SluiceError not_found, redis_unavailable */
  async read(model: string, id: string): Promise<RolloutView> {
    return this.view(await this.find(model, id));
  }

  /** @throws SluiceError not_found, redis_unavailable */
  async find(model: string, id: string): Promise<Rollout> {
    const rollout = await inTime(this.rollouts.get(id), REDIS_MS);
    if (rollout?.model === model) return rollout;
    throw new SluiceError('not_found', `there is no rollout ${id} of ${model}`);
  }

  /**
   * Resolves when it is noted, not when it has come about. What is so already stays so.
   * @throws SluiceError not_found; conflict when the rollout has ended, or goes back; redis_unavailable
   */
  async instruct(model: string, id: string, instruction: Instruction, by: string): Promise<RolloutView> {
    for (let attempt = 1; ; attempt++) {
      const seen = await this.find(model, id);
      assertHears(seen, instruction);
      const next = instructed(seen, instruction, by, this.queue.now());
      if (!next) return this.view(seen);
      try {
        const rollout = await inTime(this.rollouts.change(seen, next), REDIS_MS);
        this.logger.info({ model, rollout: id, instruction, by }, 'rollout_instructed');
        return this.view(rollout);
      } catch (error) {
        if (!isConflict(error) || attempt === MOST_ATTEMPTS) throw error;
      }
    }
  }

  view(rollout: Rollout): RolloutView {
    return formatRollout(rollout, this.catalogue.workers, this.queue.now());
  }

  /** @throws SluiceError version_not_found for a version that was neither pushed nor is in the workers' folders */
  private async assertThere(version: string, { model, retired }: RegisteredModel): Promise<void> {
    const isInFolder = this.catalogue.reported(model).includes(version) || retired.includes(version);
    if (!isInFolder) await this.store.manifest({ model, version });
  }

  private async served(model: string): Promise<string | undefined> {
    await this.catalogue.catchUp();
    return servedVersion(model, this.catalogue.workers);
  }

  /** What serves by itself becomes live by a change: from then on the registry says what serves. */
  private async manage(model: string, by: string): Promise<RegisteredModel> {
    for (let attempt = 1; ; attempt++) {
      const seen = await this.registry.model(model);
      const version = seen.generation > 0 ? undefined : await this.served(model);
      if (version === undefined) return seen;
      try {
        const note = { by, reason: 'it served before the first rollout' };
        return await this.registry.change(seen, { kind: 'serve', version }, note);
      } catch (error) {
        if (!isConflict(error) || attempt === MOST_ATTEMPTS) throw error;
      }
    }
  }

  private async keepGolden(golden: GoldenRequest, live: TargetModel | undefined): Promise<GoldenCheck> {
    const { items, absolute, relative, maxWrong } = golden;
    const set = encodeGoldenSet(readGoldenItems(items, live, this.config.limits));
    const blob = await this.store.putBlob(only(set), { maxBytes: set.byteLength });
    return { digest: blob.digest, absolute, relative, maxWrong };
  }

  private liveTarget(model: string, live: string | undefined): TargetModel | undefined {
    return live === undefined ? undefined : this.catalogue.resolve(model, live);
  }
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function assertHears({ id, phase, endedAt }: Rollout, instruction: Instruction): void {
  if (endedAt !== undefined) throw new SluiceError('conflict', `rollout ${id} has ended (${phase}): begin another one`);
  if (phase === 'roll-back' && instruction !== 'roll-back')
    throw new SluiceError('conflict', `rollout ${id} is being rolled back: wait for its end, and begin another one`);
}

function isConflict(error: unknown): boolean {
  return error instanceof SluiceError && error.code === 'conflict';
}
