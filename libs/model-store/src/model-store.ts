import type { ModelRef } from '@sluice/contracts';
import type { ModelConfig } from './model-config.js';

/** Where model versions are kept. */
export abstract class ModelStore {
  /** Every version of every model, ordered by name and version number. An invalid one is listed with its fault. */
  abstract list(): Promise<StoredModel[]>;
}

export type StoredModel = { readonly ref: ModelRef } & (
  | {
      readonly config: ModelConfig;
      /** Absolute path of model.onnx. */ readonly path: string;
      readonly fault?: undefined;
    }
  | { /** What is wrong, and in which file. */ readonly fault: string }
);
