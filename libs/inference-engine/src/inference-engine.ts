import type { Datatype, ModelRef, ModelSignature, Tensor } from '@sluice/contracts';

/**
 * Runs models on one device.
 *
 * `run` of an ONNX session blocks the thread that calls it, so every adapter computes on an **engine thread** of its own
 * and the caller's event loop stays free. A run that has started cannot be cancelled.
 */
export abstract class InferenceEngine {
  /** @throws SluiceError model_unavailable: the file is corrupt, the device is not there; the message says which. */
  abstract load(source: ModelSource): Promise<LoadedModel>;

  /** Waits for the runs in flight, releases every model, ends the threads. Idempotent. */
  abstract close(): Promise<void>;
}

export interface ModelSource {
  readonly ref: ModelRef;
  /** Absolute path of the model file. */
  readonly path: string;
}

export interface LoadedModel {
  readonly signature: ModelSignature;
  /** The device in use, e.g. `cpu`, `cuda:0`, `webgpu`. */
  readonly device: string;
  /** Every input and output has a variable first dimension, and it is the same one. */
  readonly hasBatchDimension: boolean;

  /**
   * Runs one batch. Calls are served in order, one at a time.
   * The batch's buffer is moved to the engine thread: until it comes back in the result nobody may touch it.
   * @throws SluiceError inference_failed, with the runtime's message
   */
  run(batch: PackedBatch): Promise<RunResult>;

  /** Waits for the run in flight, then frees the model. Idempotent. */
  release(): Promise<void>;
}

/** All inputs of a batch in one buffer, so that it can be pooled and moved to the engine thread without a copy. */
export interface PackedBatch {
  readonly buffer: ArrayBuffer;
  readonly inputs: readonly PackedTensor[];
  /** Names of the outputs to compute; the others cost nothing. */
  readonly outputs: readonly string[];
}

export interface PackedTensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** A multiple of 8. */
  readonly byteOffset: number;
  readonly byteLength: number;
}

export interface RunResult {
  /** In the order they were asked for. */
  readonly outputs: readonly Tensor[];
  /** The batch's buffer, to be used again. */
  readonly buffer: ArrayBuffer;
  /** Time on the device by the engine thread's own clock, from start to end of the run. */
  readonly deviceMs: number;
}
