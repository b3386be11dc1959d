import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Cluster, type DesiredState, type WorkerReport } from '@sluice/cluster';
import { MODEL_NAME, SluiceError } from '@sluice/contracts';
import { ModelRegistry } from '@sluice/model-registry';
import { ContentStore } from '@sluice/model-store';
import { Logger } from '@sluice/telemetry';
import { ModelCatalogue } from '../models/model-catalogue.js';
import { DesiredVersions } from '../routing/desired-versions.js';
import { repositoryIndex, type IndexEntry } from './repository-index.js';

/** A large model takes tens of seconds to load; whoever waits longer than this asks the index how it went. */
const WAIT_MS = 60_000;
const LOOK_EVERY_MS = 50;

/** What the workers serve, and the operator's say in it: a wish that the cluster keeps, and a wait until it is granted. */
@Injectable()
export class RepositoryService {
  constructor(
    private readonly cluster: Cluster,
    private readonly catalogue: ModelCatalogue,
    private readonly store: ContentStore,
    private readonly registry: ModelRegistry,
    private readonly desired: DesiredVersions,
    private readonly logger: Logger,
  ) {}

  async index(readyOnly: boolean): Promise<IndexEntry[]> {
    const [workers, stored] = await Promise.all([this.serving(), this.store.versions()]);
    const index = repositoryIndex(workers, stored, (model) => this.desired.of(model));
    return readyOnly ? index.filter(({ state }) => state === 'READY') : index;
  }

  /**
   * Resolves when every worker alive that has the model in its folder serves it as it is there now. Of a model that was
   * pushed and never served the newest version goes into service.
   * @param by who wants it
   * @throws SluiceError no_worker; model_not_found: no worker has it; model_unavailable: with each worker's reason, or
   * because it takes longer than a minute, and goes on
   */
  async load(model: string, by: string): Promise<void> {
    const version = await this.newestIfOnlyPushed(model);
    if (version !== undefined) {
      const registered = await this.registry.model(model);
      await this.registry.change(registered, { kind: 'serve', version }, { by, reason: 'loaded' });
      return this.untilServed(model, version);
    }
    const workers = await this.bringAbout(model, 'loaded');
    const found = workers.filter(({ applied }) => !isMissing(applied[model]?.faults));
    if (found.length === 0)
      throw new SluiceError('model_not_found', `there is no model ${model} in the folder of models of any worker`);
    const failures = found.flatMap(({ id, applied }) =>
      (applied[model]?.faults ?? []).map(({ message }) => `${id}: ${message}`),
    );
    if (failures.length > 0)
      throw new SluiceError('model_unavailable', `model ${model} could not be loaded: ${failures.join('; ')}`);
  }

  /**
   * Resolves when no worker alive serves the model any more, nor has anything of it left to do.
   * @throws SluiceError no_worker, model_not_found, model_unavailable: it takes longer than a minute, and goes on
   */
  async unload(model: string): Promise<void> {
    const workers = await this.serving();
    if (workers.length > 0 && !workers.some(({ models }) => models.some((each) => each.model === model)))
      throw new SluiceError('model_not_found', `there is no model ${model}`);
    await this.bringAbout(model, 'unloaded');
  }

  /** Of a model of which the store has versions, and of which no worker knows one. */
  private async newestIfOnlyPushed(model: string): Promise<string | undefined> {
    const [workers, { live, candidate }] = await Promise.all([this.serving(), this.registry.model(model)]);
    const isKnown = workers.some(({ models }) => models.some((each) => each.model === model));
    if (isKnown || workers.length === 0 || live !== undefined || candidate !== undefined) return undefined;
    return (await this.store.manifests(model)).at(-1)?.version;
  }

  /** @throws SluiceError model_unavailable, with each worker's reason */
  private async untilServed(model: string, version: string): Promise<void> {
    const startedAt = performance.now();
    for (;;) {
      const reports = (await this.serving()).map(({ id, models }) => ({
        id,
        report: models.find((each) => each.model === model && each.version === version),
      }));
      const failures = reports.flatMap(({ id, report }) =>
        report?.state === 'unavailable' ? `${id}: ${report.reason}` : [],
      );
      const isOver = reports.every(({ report }) => report && report.state !== 'loading');
      if (failures.length > 0 && isOver)
        throw new SluiceError('model_unavailable', `model ${model} could not be loaded: ${failures.join('; ')}`);
      if (reports.length > 0 && isOver) return this.catalogue.catchUp();
      if (performance.now() - startedAt > WAIT_MS)
        throw new SluiceError('model_unavailable', `model ${model} is not loaded yet, and goes on`);
      await delay(LOOK_EVERY_MS);
    }
  }

  private async serving(): Promise<WorkerReport[]> {
    return (await this.cluster.workers()).filter(({ state }) => state !== 'draining');
  }

  /** @returns the workers, all of which have acted upon the wish */
  private async bringAbout(model: string, state: DesiredState['state']): Promise<WorkerReport[]> {
    if (!MODEL_NAME.test(model)) throw new SluiceError('model_not_found', `no model can have the name ${model}`);
    if ((await this.serving()).length === 0)
      throw new SluiceError('no_worker', `no worker is alive, model ${model} stays as it was`);
    let wish = await this.cluster.setModelState(model, state);
    this.logger.info({ model, ...wish }, 'model_state_wished');
    const startedAt = performance.now();
    for (;;) {
      wish = this.follow(model, wish, (await this.cluster.modelStates()).get(model));
      const { revision } = wish;
      const workers = await this.serving();
      const busy = workers.filter(({ applied }) => applied[model]?.revision !== revision);
      if (workers.length > 0 && busy.length === 0) {
        await this.catalogue.catchUp();
        return workers;
      }
      if (performance.now() - startedAt > WAIT_MS) {
        const who = busy.map(({ id }) => id).join(', ') || 'no worker is alive';
        throw new SluiceError('model_unavailable', `model ${model} is not ${state} yet, and goes on: ${who}`);
      }
      await delay(LOOK_EVERY_MS);
    }
  }

  /** Somebody else may have expressed a wish since: the same one serves us as well. */
  private follow(model: string, ours: DesiredState, latest: DesiredState | undefined): DesiredState {
    if (latest?.state === ours.state) return latest;
    throw new SluiceError('model_unavailable', `another request wants model ${model} ${latest?.state ?? 'as it was'}`);
  }
}

function isMissing(faults: WorkerReport['applied'][string]['faults'] | undefined): boolean {
  return faults?.some(({ code }) => code === 'model_not_found') ?? false;
}
