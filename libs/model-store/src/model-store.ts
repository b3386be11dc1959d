import type { ModelRef } from '@sluice/contracts';
import type { ModelConfig } from './model-config.js';

/** Where model versions are kept. */
export abstract class ModelStore {
  /**
   * Every version of every model, or of one model, ordered by name and version number. One that cannot be served is listed with its
   * fault and takes nothing away from the others.
   * @throws SluiceError model_unavailable when the store itself cannot be read; the message says what to change
   */
  abstract list(model?: string): Promise<StoredModel[]>;

  /**
   * Sees to it that the files of a version lie at its `path`, whole. Again and again for the same version, also in several
   * processes at once.
   * @throws SluiceError version_not_found, model_unavailable
   */
  abstract fetch(stored: ServableModel): Promise<void>;
}

/** `isPushed`: a version of the content store. It is served only when the registry says so. */
export type StoredModel = ServableModel | FaultyModel;

export interface ServableModel {
  readonly ref: ModelRef;
  readonly config: ModelConfig;
  /** Absolute path of what the platform loads: `model.onnx`, or `model.json` of a scripted model; there once fetched. */
  readonly path: string;
  /** Another one after anything that was loaded has changed: a file of the version, or the configuration. */
  readonly fingerprint: string;
  /** Size of the version's files. */
  readonly bytes: number;
  readonly isPushed?: boolean | undefined;
  readonly fault?: undefined;
}

export interface FaultyModel {
  /**
   * A model without any version is listed as version 1, the one to add. When it is the name that is at fault,
   * `ref.model` does not match MODEL_NAME: nothing but a log or a listing may take it.
   */
  readonly ref: ModelRef;
  /** What is wrong, in which file, and what to change. */
  readonly fault: string;
  readonly isPushed?: boolean | undefined;
}
