import type { ModelRef, ModelSignature } from '@sluice/contracts';
import type { ModelConfig } from '@sluice/model-store';

/** Worker -> process of the sandbox, once: what to open. */
export interface SandboxTask {
  readonly ref: ModelRef;
  readonly config: ModelConfig;
  /** Absolute. */
  readonly path: string;
  /** Most rows in a batch that the worker is configured to run. */
  readonly maxBatch: number;
}

/** Process of the sandbox -> worker. `opening` and `running` say what it does next; each of the others is its last word. */
export type SandboxReport =
  | { readonly kind: 'opening' }
  | { readonly kind: 'running' }
  | { readonly kind: 'refused'; readonly reason: string }
  | {
      readonly kind: 'opened';
      readonly signature: ModelSignature;
      readonly openMs: number;
      readonly peakBytes: number;
      readonly doubt?: string | undefined;
    };
