import { Injectable } from '@nestjs/common';
import { WorkerConfig } from '@sluice/config';
import {
  INFERENCE_CLASS,
  inferenceQueue,
  messageOf,
  MODEL_UPDATE_CLASS,
  ownQueue,
  SluiceError,
  type ModelRef,
  type ServedModel,
} from '@sluice/contracts';
import type { LoadedModel } from '@sluice/inference-engine';
import { ModelStore, type ModelConfig, type ServableModel } from '@sluice/model-store';
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
 * Opens versions in engine threads of their own, and releases them when nobody holds them any more. What is opened here
 * is in nobody's rotation yet, and what is released is in nobody's any more.
 */
@Injectable()
export class ModelLoader {
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

  /** An engine is opening a file: on some devices nothing else runs meanwhile. */
  get isLoading(): boolean {
    return this.loads > 0;
  }

  /** @throws SluiceError model_unavailable: the file or its configuration is at fault, or cannot be had */
  async open(stored: ServableModel): Promise<HostedModel> {
    const { ref, config, path, fingerprint } = stored;
    const shareClass = this.shareClassOf(config);
    await this.store.fetch(stored);
    // What leaves makes the room.
    if (this.assigned.isLimited) await Promise.all(this.leaving);
    const engine = this.engines.of(config.platform);
    const startedAt = performance.now();
    const loaded = await this.loading(this.sizes.measure(stored, () => engine.load({ ref, path })));
    try {
      const serving = serveAs(config, loaded, this.config.maxBatch);
      const homeQueues = this.queuesOf(ref, serving);
      return {
        ref,
        queue: inferenceQueue(ref),
        homeQueues,
        queues: homeQueues,
        serving,
        loaded,
        loadMs: performance.now() - startedAt,
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

  /** Resolves when it is released. Never rejects: what cannot be released stays in memory, and is out of the way. */
  retire(hosted: HostedModel | undefined): Promise<void> {
    const released = this.release(hosted).finally(() => this.leaving.delete(released));
    this.leaving.add(released);
    return released;
  }

  async close(): Promise<void> {
    await this.engines.close();
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
}

function holdingOf({ dynamicBatching }: ModelConfig): Holding {
  return {
    maxQueueDelayMs: (dynamicBatching?.maxQueueDelayMicroseconds ?? 0) / 1000,
    preferredRows: dynamicBatching?.preferredBatchSizes ?? [],
  };
}
