import type { ModelSignature } from './model.js';

/**
 * A version of a model on its way into service, as it is kept: what was asked for, how far it has come, and why.
 *
 * verify -> sandbox -> signature -> load -> golden -> canary -> promote -> promoted, and from each of them, when something
 * is wrong with the version or somebody says so, roll-back -> rolled-back.
 */
export interface Rollout {
  readonly id: string;
  readonly model: string;
  readonly version: string;
  /** The version that was live when it began; undefined: none was. */
  readonly from?: string | undefined;
  readonly strategy: RolloutStrategy;
  readonly phase: RolloutPhase;
  /** By the queue's clock, as all times here. */
  readonly phaseSince: number;
  /** Stays in its phase until somebody resumes it. A breach rolls it back all the same. */
  readonly paused: boolean;
  /** What somebody asked for and has not come about yet. */
  readonly asked?: 'promote' | 'roll-back' | undefined;
  /** Stages that are jobs of the fleet, as far as they have come. */
  readonly stages: Partial<Record<FleetStage, StageRecord>>;
  /** Index of the share of requests that the canary has reached: 0 is `canaryPercent`, then `steps`. */
  readonly canaryStep: number;
  /** Generation of the registry's state on which it was proposed: what workers say of earlier ones is of another rollout. */
  readonly proposedAfter?: number | undefined;
  /** What was seen last of the phase, in short, and since when: who sees the same for too long gives up. */
  readonly progress?: { readonly mark: string; readonly at: number } | undefined;
  /** Workers that were seen at work on the candidate, and how many of such have died at it. */
  readonly loading?: { readonly workers: readonly string[]; readonly died: number } | undefined;
  /** Workers that were alive when it began. */
  readonly workers: readonly string[];
  /** Those of them that are not at its end, or lag behind: they come to the same state when they are back. */
  readonly absent: readonly string[];
  /** Why it was rolled back, for people; and the phase in which that was found. */
  readonly fault?: { readonly phase: RolloutPhase; readonly reason: string } | undefined;
  readonly by: string;
  readonly createdAt: number;
  readonly endedAt?: number | undefined;
  /** What happened, oldest first; bounded. */
  readonly events: readonly RolloutEvent[];
  /** One more with every change: whoever changes names the one that he saw. */
  readonly revision: number;
}

export const ROLLOUT_PHASES = [
  'verify',
  'sandbox',
  'signature',
  'load',
  'golden',
  'canary',
  'promote',
  'promoted',
  'roll-back',
  'rolled-back',
] as const;
export type RolloutPhase = (typeof ROLLOUT_PHASES)[number];

/** Phases that any worker does for all of them, each a job in `model-update`. */
export type FleetStage = 'verify' | 'sandbox' | 'golden';

export interface RolloutStrategy {
  /** Share of the requests that the candidate gets first, 0 to 100; 0: none until it is promoted. */
  readonly canaryPercent: number;
  /** The shares after it, ascending, in percent; promoted after the last. */
  readonly steps: readonly number[];
  /** Requests of each version that a step waits for. */
  readonly minSamples: number;
  /** A step that has seen no breach goes on after this long, in ms, also with fewer samples. */
  readonly maxStepMs: number;
  /** By how much the candidate's share of failed requests may exceed the live version's, 0 to 1. */
  readonly maxErrorRate: number;
  /** How many times as long as on the live version a request may take. */
  readonly maxLatencyRatio: number;
  readonly allowSignatureChange: boolean;
  /** Workers that serve the model while others exchange versions that do not fit side by side. */
  readonly minServing: number;
  readonly golden?: GoldenCheck | undefined;
}

/** Inputs whose answers are known, or are to be those of the live version. */
export interface GoldenCheck {
  /** sha256 of the set in the content store: see `GoldenSet`. */
  readonly digest: string;
  /** How far a number may be off: `absolute + relative * |expected|`. */
  readonly absolute: number;
  readonly relative: number;
  /** Share of the items that may be answered wrongly, 0 to 1; 0 by default. */
  readonly maxWrong: number;
}

export interface StageRecord {
  /** Counted from 1. */
  readonly attempt: number;
  /** Of the job of that attempt. */
  readonly jobId: string;
  /** Not to be enqueued before. */
  readonly notBefore: number;
  /** The job was in the queue: if it is not there any more, somebody removed it. */
  readonly seen?: boolean | undefined;
  /** What the job was settled with, once it was. */
  readonly result?: StageResult | undefined;
}

export type StageResult = VerifyResult | SandboxResult | GoldenResult;

export interface VerifyResult {
  readonly kind: 'verify';
  readonly files: number;
  readonly bytes: number;
}

export interface SandboxResult {
  readonly kind: 'sandbox';
  readonly signature: ModelSignature;
  readonly openMs: number;
  /** Most memory that the process had which opened it, all of it counted. */
  readonly peakBytes: number;
  /** What came of a row of inputs of the worker's own making, when it was no numbers. Not a fault by itself. */
  readonly doubt?: string | undefined;
}

export interface GoldenResult {
  readonly kind: 'golden';
  readonly items: number;
  readonly wrong: number;
  /** Says of the first ones what was expected and what came. */
  readonly examples: readonly string[];
}

export interface RolloutEvent {
  readonly at: number;
  readonly phase: RolloutPhase;
  readonly message: string;
}

/** What a worker does to bring the candidate into service, or has done: told with its presence. */
export interface Introduction {
  readonly version: string;
  /** Generation of the registry's state that asked for it. */
  readonly generation: number;
  readonly stage: IntroductionStage;
  /** Of the stage, 0 to 1. */
  readonly progress: number;
  readonly attempt: number;
  /** Of `failed`: why, for people. Of `waits-for-room`: what does not fit. */
  readonly reason?: string | undefined;
}

/** `waits-for-room`: the versions do not fit side by side, and the registry does not say yet that it may exchange them. */
export const INTRODUCTION_STAGES = [
  'queued',
  'fetch',
  'waits-for-room',
  'load',
  'warm-up',
  'profile',
  'ready',
  'failed',
] as const;
export type IntroductionStage = (typeof INTRODUCTION_STAGES)[number];

/**
 * How one version of a model answered the requests that named none, on one worker, since it saw a generation of the
 * registry's state. Latencies by their natural logarithm: their ratio is then a difference of means.
 */
export interface ArmCounts {
  readonly model: string;
  readonly version: string;
  readonly generation: number;
  readonly answered: number;
  /** Of them those that failed through the model, not through their own fault. */
  readonly failed: number;
  /** From the queue to the answer, of those that were answered with a result. */
  readonly latency: LogSums;
  /** Device time of the runs that they were in, each run once: requests of one run are no independent samples. */
  readonly compute: LogSums;
  /** Rows of those runs: a larger batch may take longer. */
  readonly rows: LogSums;
}

export interface LogSums {
  readonly count: number;
  /** Of the logarithms. */
  readonly sum: number;
  readonly squares: number;
}
