import { Injectable } from '@nestjs/common';
import { WorkerConfig } from '@sluice/config';
import {
  INFERENCE_CLASS,
  inferenceQueue,
  messageOf,
  MODEL_NAME,
  MODEL_UPDATE_CLASS,
  SluiceError,
  type ErrorBody,
  type ModelRef,
  type ModelReport,
} from '@sluice/contracts';
import { ModelStore, type ModelConfig, type ServableModel, type StoredModel } from '@sluice/model-store';
import { Logger } from '@sluice/telemetry';
import { Raggedness } from '../batch/raggedness.js';
import { Engines } from '../execute/engines.js';
import { ModelCosts } from '../execute/model-costs.js';
import { Holds } from './holds.js';
import type { Holding, HostedModel } from './hosted-model.js';
import { serveAs } from './serve-as.js';

/**
 * The models of this worker: loads and unloads them beside the running loops, and tells what became of each. A version
 * that fails takes nothing with it, and one that cannot be loaded anew goes on as it was.
 *
 * What has been leased for a version is run by it: a version that leaves the rotation, because it is unloaded or a newer
 * load of it took its place, is released when nothing is held for it any more.
 */
@Injectable()
export class ModelHost {
  /** By queue, as the reports are. */
  private readonly hosted = new Map<string, HostedModel>();
  private readonly reports = new Map<string, ModelReport>();
  private onChange = () => {};

  constructor(
    private readonly store: ModelStore,
    private readonly engines: Engines,
    private readonly config: WorkerConfig,
    private readonly logger: Logger,
  ) {}

  /** The versions that can run, in the order in which they became ready. */
  hostedModels(): HostedModel[] {
    return [...this.hosted.values()];
  }

  /** Queues of the versions that can run and belong to a class. */
  queues(shareClass: string): string[] {
    return this.hostedModels().flatMap((model) => (model.shareClass === shareClass ? model.queue : []));
  }

  /** Queues of all versions that it knows of: jobs may lie there whose holder has died. */
  knownQueues(): string[] {
    return [...this.reports.values()].filter(({ model }) => MODEL_NAME.test(model)).map(inferenceQueue);
  }

  byQueue(queue: string): HostedModel | undefined {
    return this.hosted.get(queue);
  }

  find(ref: ModelRef): HostedModel | undefined {
    return this.hosted.get(inferenceQueue(ref));
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
    for (const { ref } of stored) if (!this.reports.has(inferenceQueue(ref))) this.tell({ ...ref, state: 'loading' });
    return [...new Set(stored.map(({ ref }) => ref.model))];
  }

  /**
   * Serves the versions that the store has, those that changed there anew, and no others.
   * @returns why versions could not be loaded
   * @throws SluiceError model_not_found, model_unavailable (the store cannot be read): what is served stays
   */
  async load(model: string): Promise<ErrorBody[]> {
    const stored = await this.store.list(model);
    if (stored.length === 0)
      return [{ code: 'model_not_found', message: `there is no model ${model} in the worker's folder of models` }];
    const faults: ErrorBody[] = [];
    for (const version of stored) faults.push(...(await this.loadVersion(version)));
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

  private async loadVersion(stored: StoredModel): Promise<ErrorBody[]> {
    const { ref } = stored;
    const before = this.hosted.get(inferenceQueue(ref));
    if (stored.fault === undefined && before?.fingerprint === stored.fingerprint) return [];
    if (!before) this.tell({ ...ref, state: 'loading' });
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

  private async open({ ref, config, path, fingerprint }: ServableModel): Promise<HostedModel> {
    const shareClass = this.shareClassOf(config);
    const loaded = await this.engines.of(config.platform).load({ ref, path });
    try {
      const serving = serveAs(config, loaded, this.config.maxBatch);
      return {
        ref,
        queue: inferenceQueue(ref),
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
  private async retire(hosted: HostedModel | undefined): Promise<void> {
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
