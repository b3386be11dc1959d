import type { Datatype } from './datatype.js';

/** One input or output of a model. -1 in the shape is a dimension that the request chooses. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: Datatype;
  /** As the model declares it, the batch dimension (-1) included where there is one. */
  readonly shape: readonly number[];
}

export interface ModelSignature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** A model version, by name and number. */
export interface ModelRef {
  readonly model: string;
  /** A positive integer in decimal, as in the repository's folder names. */
  readonly version: string;
}

/** What a worker tells the cluster about a model version that it holds, or fails to hold. */
export type ModelReport = ModelRef &
  /** `onDemand`: here and below, it can be asked for all the same, and is loaded then. */
  (
    | { readonly state: 'loading'; readonly onDemand?: boolean }
    | { readonly state: 'unavailable'; readonly reason: string }
    /** It finishes what it holds for the version, and takes nothing more. */
    | { readonly state: 'unloading'; readonly onDemand?: boolean }
    | { readonly state: 'ready'; readonly serving: ServedModel }
    /** It is loaded when it is asked for. `serving`: as it was served when this worker last had it loaded. */
    | { readonly state: 'available'; readonly serving?: ServedModel | undefined }
  );

/** How a loaded model version is served. */
export interface ServedModel {
  readonly platform: 'onnxruntime_onnx' | 'scripted';
  readonly signature: ModelSignature;
  /** Most rows in one batch; 0: the model has no batch dimension, each request runs alone. */
  readonly maxBatchSize: number;
  /** The execution device in use, e.g. cpu, cuda:0, webgpu. */
  readonly device: string;
  /** Requests with an affinity key go to the worker that has computed for it before; undefined: all go anywhere. */
  readonly affinity?: { readonly savesMs: number } | undefined;
}
