import { Injectable } from '@nestjs/common';
import { WorkerConfig } from '@sluice/config';
import { inferenceQueue, messageOf, type ModelReport } from '@sluice/contracts';
import { ModelStore, type ServableModel, type StoredModel } from '@sluice/model-store';
import { Logger } from '@sluice/telemetry';
import { Engines } from '../execute/engines.js';
import type { HostedModel } from './hosted-model.js';
import { serveAs } from './serve-as.js';

/** The models of this worker: loads them, and tells what became of each. A model that fails takes nothing with it. */
@Injectable()
export class ModelHost {
  private readonly hosted = new Map<string, HostedModel>();
  private readonly reports = new Map<string, ModelReport>();

  constructor(
    private readonly store: ModelStore,
    private readonly engines: Engines,
    private readonly config: WorkerConfig,
    private readonly logger: Logger,
  ) {}

  /** Queues of the models that can run, in the order in which they became ready. */
  queues(): string[] {
    return [...this.hosted.keys()];
  }

  byQueue(queue: string): HostedModel | undefined {
    return this.hosted.get(queue);
  }

  report(): ModelReport[] {
    return [...this.reports.values()];
  }

  /** Loads every model of the store; `onChange` after each that became ready or failed. */
  async loadAll(onChange: () => Promise<void>): Promise<void> {
    const models = await this.store.list();
    for (const { ref } of models) this.reports.set(inferenceQueue(ref), { ...ref, state: 'loading' });
    await onChange();
    for (const model of models) {
      this.reports.set(inferenceQueue(model.ref), await this.load(model));
      await onChange();
    }
  }

  async release(): Promise<void> {
    this.hosted.clear();
    await this.engines.close();
  }

  private async load(model: StoredModel): Promise<ModelReport> {
    const { ref } = model;
    const startedAt = performance.now();
    try {
      if (model.fault !== undefined) throw new Error(model.fault);
      const { serving } = await this.open(model);
      const { device, maxBatchSize } = serving;
      this.logger.info({ ...ref, device, maxBatchSize, ms: Math.round(performance.now() - startedAt) }, 'model_ready');
      return { ...ref, state: 'ready', serving };
    } catch (error) {
      const reason = messageOf(error);
      this.logger.error({ ...ref, reason }, 'model_unavailable');
      return { ...ref, state: 'unavailable', reason };
    }
  }

  private async open({ ref, config, path }: ServableModel): Promise<HostedModel> {
    const loaded = await this.engines.of(config.platform).load({ ref, path });
    try {
      const serving = serveAs(config, loaded, this.config.maxBatch);
      const hosted = { ref, queue: inferenceQueue(ref), serving, loaded };
      this.hosted.set(hosted.queue, hosted);
      return hosted;
    } catch (error) {
      await loaded.release();
      throw error;
    }
  }
}
