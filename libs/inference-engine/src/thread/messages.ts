import type { ErrorBody, ModelSignature } from '@sluice/contracts';
import type { PackedBatch, RunResult } from '../inference-engine.js';

/** One loaded model on an engine thread, which may hold several. The main side chooses it. */
export type SessionKey = number;

/** What a thread says about a model that it has loaded. */
export interface LoadedSession {
  readonly signature: ModelSignature;
  readonly device: string;
  readonly hasBatchDimension: boolean;
}

/** Main side -> thread. Served in order, one at a time; `close` is the last one and has no answer but the exit. */
export type EngineRequest =
  | { readonly kind: 'load'; readonly id: number; readonly session: SessionKey; readonly path: string }
  | { readonly kind: 'run'; readonly id: number; readonly session: SessionKey; readonly batch: PackedBatch }
  | { readonly kind: 'release'; readonly id: number; readonly session: SessionKey }
  | { readonly kind: 'close' };

export type AnsweredRequest = Exclude<EngineRequest, { kind: 'close' }>;

/** What each kind of request resolves to. */
export interface EngineAnswers {
  readonly load: LoadedSession;
  readonly run: RunResult;
  readonly release: void;
}

/** Thread -> main side, one for each answered request. */
export type EngineAnswer = { readonly id: number } & (
  | { readonly value: EngineAnswers[keyof EngineAnswers] }
  | { readonly error: ErrorBody }
);
