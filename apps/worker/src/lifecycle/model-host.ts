import { Injectable } from '@nestjs/common';
import { WorkerConfig } from '@sluice/config';
import {
  INFERENCE_CLASS,
  inferenceQueue,
  messageOf,
  MODEL_NAME,
  MODEL_UPDATE_CLASS,
  ownQueue,
  sharedQueue,
  SluiceError,
  type ErrorBody,
  type ModelRef,
  type ModelReport,
  type ServedModel,
} from '@sluice/contracts';
import type { LoadedModel } from '@sluice/inference-engine';
import { ModelStore, type ModelConfig, type ServableModel, type StoredModel } from '@sluice/model-store';
import { Logger } from '@sluice/telemetry';
import { Raggedness } from '../batch/raggedness.js';
import { Engines } from '../execute/engines.js';
import { ModelCosts } from '../execute/model-costs.js';
import { AssignedModels } from '../placement/assigned-models.js';
import { ModelSizes } from '../placement/model-sizes.js';
import { Holds } from './holds.js';
import type { Holding, HostedModel } from './hosted-model.js';
import { serveAs } from './serve-as.js';
import { WorkerIdentity } from './worker-identity.js';

/**
 * The models of this worker: loads and unloads them beside the running loops, and tells what became of each. A version
 * that fails takes nothing with it, and one that cannot be loaded anew goes on as it was.
 *
 * What has been leased for a version is run by it: a version that leaves the rotation, because it is unloaded or a newer
 * load of it took its place, is released when nothing is held for it any more.
 *
 * A worker with a memory budget loads no more than is assigned to it; of the rest it tells that they are available.
 */
@Injectable()
export class ModelHost {
  /** By queue, as the reports are. */
  private readonly hosted = new Map<string, HostedModel>();
  private readonly reports = new Map<string, ModelReport>();
  private onChange = () => {};
  private loads = 0;
  private readonly leaving = new Set<Promise<void>>();

  constructor(
    private readonly store: ModelStore,
    private readonly engines: Engines,
    private readonly assigned: AssignedModels,
    private readonly sizes: ModelSizes,
    private readonly config: WorkerConfig,
    private readonly identity: WorkerIdentity,
    private readonly logger: Logger,
  ) {}

  /** The versions that can run, in the order in which they became ready. */
  hostedModels(): HostedModel[] {
    return [...this.hosted.values()];
  }

  /** Queues of the versions that can run and belong to a class. */
  queues(shareClass: string): string[] {
    return this.hostedModels().flatMap((model) => (model.shareClass === shareClass ? model.queues : []));
  }

  /** Queues of all versions that it knows of: jobs may lie there whose holder has died. */
  knownQueues(): string[] {
    return [...this.reports.values()].filter(({ model }) => MODEL_NAME.test(model)).map(inferenceQueue);
  }

  /** The model whose jobs a queue holds: a shared one, or anybody's own. */
  byQueue(queue: string): HostedModel | undefined {
    return this.hosted.get(sharedQueue(queue));
  }

  find(ref: ModelRef): HostedModel | undefined {
    return this.hosted.get(inferenceQueue(ref));
  }

  /** An engine is opening a file: on some devices nothing else runs meanwhile. */
  get isLoading(): boolean {
    return this.loads > 0;
  }

  report(): ModelReport[] {
    return [...this.reports.values()];
  }

  /**
   * Looks what the store has. @param onChange called after every change of `queues` and of the `report`
   * @returns names of models
   * @throws SluiceError model_unavailable when the store cannot be read
   */
  async discover(onChange: () => void): Promise<string[]> {
    this.onChange = onChange;
    const stored = await this.store.list();
    for (const each of stored) {
      const { ref } = each;
      if (this.reports.has(inferenceQueue(ref))) continue;
      if (each.fault !== undefined || this.isWanted(each)) this.tell({ ...ref, state: 'loading' });
      else this.tellAvailable(each);
    }
    return [...new Set(stored.map(({ ref }) => ref.model))];
  }

  /**
   * Names of the models that are not as assigned, those first that shall leave: what they take is needed for the others.
   * What could not be loaded is left alone.
   */
  misplaced(): string[] {
    const leaving = this.report().filter((each) => each.state === 'ready' && !this.assigned.wants(each, true));
    const coming = this.report().filter((each) => each.state === 'available' && this.assigned.wants(each, false));
    return [...new Set([...leaving, ...coming].map(({ model }) => model))];
  }

  /**
   * Serves the versions that the store has and that are assigned to this worker, those that changed anew, and no others.
   * Resolves when those that were assigned to it before are released.
   * @returns why versions could not be loaded
   * @throws SluiceError model_not_found, model_unavailable (the store cannot be read): what is served stays
   */
  async load(model: string): Promise<ErrorBody[]> {
    const stored = await this.store.list(model);
    if (stored.length === 0)
      return [{ code: 'model_not_found', message: `there is no model ${model} in the worker's folder of models` }];
    const faults: ErrorBody[] = [];
    for (const version of stored) {
      // Of what cannot be loaded the fault is told in the same way.
      if (version.fault !== undefined || this.isWanted(version)) faults.push(...(await this.loadVersion(version)));
      else await this.putAside(version);
    }
    const wanted = new Set(stored.map(({ ref }) => inferenceQueue(ref)));
    for (const report of this.versionsOf(model)) {
      const queue = inferenceQueue(report);
      if (wanted.has(queue)) continue;
      void this.retire(this.withdraw(queue));
      this.reports.delete(queue);
    }
    this.onChange();
    return faults;
  }

  /** Resolves when what was served of the model has been finished and released. */
  async unload(model: string): Promise<void> {
    const versions = this.versionsOf(model);
    const retired = versions.map((report) => this.withdraw(inferenceQueue(report)));
    for (const { version } of versions) this.tell({ model, version, state: 'unloading' });
    await Promise.all(retired.map((hosted) => this.retire(hosted)));
    for (const { version } of versions) this.tell({ model, version, state: 'unavailable', reason: 'unloaded' });
  }

  async close(): Promise<void> {
    this.hosted.clear();
    await this.engines.close();
  }

  private versionsOf(model: string): ModelReport[] {
    return this.report().filter((report) => report.model === model);
  }

  private isWanted({ ref }: ServableModel): boolean {
    return this.assigned.wants(ref, this.find(ref) !== undefined);
  }

  private async putAside(stored: ServableModel): Promise<void> {
    const hosted = this.withdraw(inferenceQueue(stored.ref));
    if (hosted) this.tell({ ...stored.ref, state: 'unloading', onDemand: true });
    await this.retire(hosted);
    this.tellAvailable(stored, hosted?.serving);
  }

  private tellAvailable(stored: ServableModel, serving?: ServedModel): void {
    const { ref } = stored;
    const before = this.reports.get(inferenceQueue(ref));
    const known = serving ?? (before?.state === 'available' ? before.serving : undefined);
    const reason = this.sizes.whyTooLarge(stored);
    this.tell({
      ...ref,
      ...(reason === undefined ? { state: 'available', serving: known } : { state: 'unavailable', reason }),
    });
  }

  private async loadVersion(stored: StoredModel): Promise<ErrorBody[]> {
    const { ref } = stored;
    const before = this.hosted.get(inferenceQueue(ref));
    if (stored.fault === undefined && before?.fingerprint === stored.fingerprint) return [];
    if (!before) this.tell({ ...ref, state: 'loading', ...(this.assigned.isLimited && { onDemand: true }) });
    const startedAt = performance.now();
    try {
      if (stored.fault !== undefined) throw new Error(stored.fault);
      const hosted = await this.open(stored);
      this.hosted.set(hosted.queue, hosted);
      const { serving } = hosted;
      this.tell({ ...ref, state: 'ready', serving });
      void this.retire(before);
      const { device, maxBatchSize } = serving;
      this.logger.info({ ...ref, device, maxBatchSize, ms: Math.round(performance.now() - startedAt) }, 'model_ready');
      return [];
    } catch (error) {
      const reason = messageOf(error);
      this.logger.error({ ...ref, reason, keepsServing: before !== undefined }, 'model_unavailable');
      if (!before) this.tell({ ...ref, state: 'unavailable', reason });
      return [{ code: 'model_unavailable', message: `version ${ref.version}: ${reason}` }];
    }
  }

  private async open(stored: ServableModel): Promise<HostedModel> {
    const { ref, config, path, fingerprint } = stored;
    const shareClass = this.shareClassOf(config);
    if (this.assigned.isLimited) await Promise.all(this.leaving);
    const engine = this.engines.of(config.platform);
    const loaded = await this.loading(this.sizes.measure(stored, () => engine.load({ ref, path })));
    try {
      const serving = serveAs(config, loaded, this.config.maxBatch);
      return {
        ref,
        queue: inferenceQueue(ref),
        queues: this.queuesOf(ref, serving),
        serving,
        loaded,
        fingerprint,
        shareClass,
        holding: holdingOf(config),
        raggedness: new Raggedness(config.ragged ?? [], loaded.signature),
        costs: new ModelCosts(serving.maxBatchSize),
        holds: new Holds(),
      };
    } catch (error) {
      await loaded.release();
      throw error;
    }
  }

  private async loading(load: Promise<LoadedModel>): Promise<LoadedModel> {
    this.loads++;
    return load.finally(() => this.loads--);
  }

  private queuesOf(ref: ModelRef, { affinity }: ServedModel): string[] {
    const shared = inferenceQueue(ref);
    return affinity ? [ownQueue(shared, this.identity.id), shared] : [shared];
  }

  private shareClassOf({ shareClass = INFERENCE_CLASS }: ModelConfig): string {
    const { classes } = this.config.scheduling;
    const known = classes.flatMap(({ name }) => (name === MODEL_UPDATE_CLASS ? [] : name));
    if (known.includes(shareClass)) return shareClass;
    const message = `config.json names share_class "${shareClass}", SLUICE_SHARE of this worker has ${known.join(', ')}`;
    throw new SluiceError('model_unavailable', message);
  }

  /** Nothing is leased for the version after this, but for a lease that is on its way. */
  private withdraw(queue: string): HostedModel | undefined {
    const hosted = this.hosted.get(queue);
    this.hosted.delete(queue);
    return hosted;
  }

  /** Never rejects: what cannot be released stays in memory, and is out of the way. */
  private retire(hosted: HostedModel | undefined): Promise<void> {
    const released = this.release(hosted).finally(() => this.leaving.delete(released));
    this.leaving.add(released);
    return released;
  }

  private async release(hosted: HostedModel | undefined): Promise<void> {
    if (!hosted) return;
    try {
      await hosted.holds.none();
      await hosted.loaded.release();
      this.logger.info({ ...hosted.ref }, 'model_released');
    } catch (error) {
      this.logger.warn({ ...hosted.ref, reason: messageOf(error) }, 'release_failed');
    }
  }

  private tell(report: ModelReport): void {
    this.reports.set(inferenceQueue(report), report);
    this.onChange();
  }
}

function holdingOf({ dynamicBatching }: ModelConfig): Holding {
  return {
    maxQueueDelayMs: (dynamicBatching?.maxQueueDelayMicroseconds ?? 0) / 1000,
    preferredRows: dynamicBatching?.preferredBatchSizes ?? [],
  };
}
