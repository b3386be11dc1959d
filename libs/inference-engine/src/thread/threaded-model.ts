import { SluiceError, type ModelRef, type ModelSignature } from '@sluice/contracts';
import type { LoadedModel, PackedBatch, RunResult } from '../inference-engine.js';
import { assertBatchFits } from './assert-batch-fits.js';
import type { LoadedSession } from './messages.js';

/** What a model asks of the thread that holds it. */
export interface ModelThread {
  run(batch: PackedBatch): Promise<RunResult>;
  /** Resolves also when the thread is gone: then nothing is held. */
  free(): Promise<void>;
}

/** A model version on an engine thread. The thread serves in order, which is all that run and release need. */
export class ThreadedModel implements LoadedModel {
  readonly signature: ModelSignature;
  readonly device: string;
  readonly hasBatchDimension: boolean;
  #released: Promise<void> | undefined;

  constructor(
    private readonly ref: ModelRef,
    { signature, device, hasBatchDimension }: LoadedSession,
    private readonly thread: ModelThread,
  ) {
    this.signature = signature;
    this.device = device;
    this.hasBatchDimension = hasBatchDimension;
  }

  async run(batch: PackedBatch): Promise<RunResult> {
    if (this.#released)
      throw new SluiceError('model_unavailable', `${this.ref.model} version ${this.ref.version} was released`);
    assertBatchFits(this, batch);
    return this.thread.run(batch);
  }

  release(): Promise<void> {
    return (this.#released ??= this.thread.free());
  }
}
