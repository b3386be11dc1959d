import { Injectable } from '@nestjs/common';
import { MODEL_NAME, SluiceError, type ModelRef } from '@sluice/contracts';
import { ModelRegistry, RolloutBook } from '@sluice/model-registry';
import { ContentStore, type StoredVersion } from '@sluice/model-store';
import { Logger } from '@sluice/telemetry';
import { inTime } from '../../jobs/in-time.js';
import { DesiredVersions } from '../../routing/desired-versions.js';
import { ModelCatalogue } from '../model-catalogue.js';
import {
  formatChange,
  formatModel,
  formatPushed,
  type ChangeView,
  type ModelView,
  type PushedView,
} from './format-model.js';

/** Longest wait for Redis. */
const REDIS_MS = 5_000;

export interface ModelDetails extends ModelView {
  /** The versions that were pushed, with their files. */
  readonly pushed: readonly PushedView[];
  /** Latest change first. */
  readonly history: readonly ChangeView[];
}

/** The versions of models: what was pushed, what is in service, and how that came to be. */
@Injectable()
export class VersionsService {
  constructor(
    private readonly store: ContentStore,
    private readonly registry: ModelRegistry,
    private readonly rollouts: RolloutBook,
    private readonly desired: DesiredVersions,
    private readonly catalogue: ModelCatalogue,
    private readonly logger: Logger,
  ) {}

  /** Every model that was pushed, registered or told of by a worker, by name. */
  async list(): Promise<ModelView[]> {
    const stored = await this.store.versions();
    const { workers } = this.catalogue;
    const reported = workers.flatMap(({ models }) => models.map(({ model }) => model));
    const names = new Set([...stored.map(({ model }) => model), ...this.desired.all().keys(), ...reported]);
    // A folder with an impossible name is reported too.
    const models = [...names].filter((name) => MODEL_NAME.test(name)).toSorted();
    return models.map((name) => this.view(name, stored));
  }

  /** @throws SluiceError model_not_found, redis_unavailable */
  async read(model: string): Promise<ModelDetails> {
    const stored = await this.store.versions(model);
    const view = this.view(model, stored);
    if (view.versions.length === 0 && view.generation === 0)
      throw new SluiceError('model_not_found', `there is no model ${model}: push a version of it`);
    const history = await inTime(this.registry.history(model), REDIS_MS);
    const pushed = stored.flatMap((each) => ('fault' in each ? [] : formatPushed(each)));
    return { ...view, pushed, history: history.map(formatChange) };
  }

  /**
   * Takes a version out of the store; its bytes go with a later collection.
   * @throws SluiceError version_not_found; conflict when it is in service, or about to be; redis_unavailable
   */
  async remove({ model, version }: ModelRef, caller: string): Promise<void> {
    // Throws for one that is not there.
    await this.store.manifest({ model, version });
    // As it is now, not as this process heard last.
    const [{ live, candidate }, active] = await inTime(
      Promise.all([this.registry.model(model), this.rollouts.active()]),
      REDIS_MS,
    );
    if (version === live || version === candidate) {
      const why = version === live ? 'live: roll out another one first' : 'the candidate: roll it back first';
      throw new SluiceError('conflict', `version ${version} of ${model} is ${why}`);
    }
    const rollout = active.find((each) => each.model === model && [each.version, each.from].includes(version));
    if (rollout)
      throw new SluiceError('conflict', `rollout ${rollout.id} of ${model} needs version ${version}: wait for its end`);
    await this.store.removeManifest({ model, version });
    this.logger.info({ model, version, caller }, 'version_removed');
  }

  private view(model: string, stored: readonly StoredVersion[]): ModelView {
    const own = stored.filter((each) => each.model === model);
    return formatModel(this.desired.of(model), own, this.catalogue.workers);
  }
}
