import type { Introduction, ModelProfile, ModelRef, ModelReport } from '@sluice/contracts';
import type { ModelAssignment } from './model-assignment.js';
import type { AppliedState, DesiredState } from './model-state.js';
import type { ModelStatistics } from './model-statistics.js';
import type { WorkerLoad } from './worker-load.js';

/**
 * Who is there, and what they shall serve and have done: presence of workers, the desired state of models, and their
 * statistics.
 *
 * - A worker is **alive** from `join` until it leaves or has not been heard of for `presenceMs`.
 * - The **desired state** of a model outlives every process: workers bring it about, those that join later too.
 */
export abstract class Cluster {
  /** Announces this process as a worker and keeps it announced until `leave`. Idempotent. */
  abstract join(report: WorkerReport): Promise<void>;

  /** Replaces what the others know about this worker. */
  abstract update(report: WorkerReport): Promise<void>;

  abstract leave(): Promise<void>;

  /** The workers alive. */
  abstract workers(): Promise<WorkerReport[]>;

  /**
   * Notes, before the device starts, which jobs the next run of this worker holds, so that the others can tell them
   * from bystanders if the worker dies in it. Sent without waiting; ordered before whatever is sent later.
   */
  abstract announceRun(workerId: string, jobIds: readonly string[]): void;

  /** What a worker announced last; empty when it is not known any more. */
  abstract lastRun(workerId: string): Promise<readonly string[]>;

  /**
   * Wishes a model to be (re)loaded from the workers' folders, or to be served by nobody. The latest wish replaces those
   * before it, for good; a model without one is loaded. Resolves when it is noted, not when it is brought about.
   */
  abstract setModelState(model: string, state: DesiredState['state']): Promise<DesiredState>;

  /** The wishes that were expressed, by model. */
  abstract modelStates(): Promise<ReadonlyMap<string, DesiredState>>;

  /** Calls when a wish was expressed, or may have been: a call can be lost, and can come for nothing. */
  abstract watchModelStates(onChange: () => void): Promise<void>;

  /**
   * Adds up what a worker has counted since its last call. `sequence` grows with each call of a worker: one that is sent
   * again adds nothing. What was added outlives the worker.
   */
  abstract addStatistics(workerId: string, sequence: number, counted: readonly ModelStatistics[]): Promise<void>;

  /** Sums over all workers, dead ones included, in the order of the versions asked for. */
  abstract statistics(refs: readonly ModelRef[]): Promise<ModelStatistics[]>;

  /** Tells what a worker does now. It is forgotten with the worker's presence. */
  abstract tellLoad(load: WorkerLoad): Promise<void>;

  /** What the workers alive told last; those that have not told yet are missing. */
  abstract loads(): Promise<WorkerLoad[]>;

  /** Tells a worker to leave its work to others, or to take it up again; it hears of it within half a second. */
  abstract pause(workerId: string, paused: boolean): Promise<void>;

  /** Whether a worker is to leave its work to others. */
  abstract isPaused(workerId: string): Promise<boolean>;

  /**
   * Counts a worker among those that search for work, if fewer than `most` others do: until `endSearch`, and no longer
   * than `forMs`. @returns whether it may search
   */
  abstract beginSearch(workerId: string, most: number, forMs: number): Promise<boolean>;

  /** It searches no longer. */
  abstract endSearch(workerId: string): Promise<void>;

  /**
   * Makes this member the coordinator for the next `ttlMs`, if nobody else is. Who is calls again well before that.
   * @returns the fence of its term: greater than that of every earlier one; undefined while another is coordinator
   */
  abstract lead(memberId: string, ttlMs: number): Promise<number | undefined>;

  /** Ends the caller's own term before its time, so that another need not wait for that; nothing when it has none. */
  abstract resign(memberId: string): Promise<void>;

  /**
   * Replaces the assignment of models. @param fence of the caller's term
   * @returns false, and nothing is changed, when a later term has begun: whoever decided was too slow
   */
  abstract assign(fence: number, assignment: ModelAssignment): Promise<boolean>;

  /** What was assigned last; undefined: nothing ever. */
  abstract assignment(): Promise<ModelAssignment | undefined>;

  /** Calls when models were assigned, or may have been: a call can be lost, and can come for nothing. */
  abstract watchAssignment(onChange: () => void): Promise<void>;

  /** Counts a request for a model in nobody's memory that is in no queue: only so the coordinator hears of it. */
  abstract askFor(queue: string): Promise<void>;

  /** How often was asked for each queue, ever. */
  abstract askedFor(): Promise<ReadonlyMap<string, number>>;

  /** Keeps a profile for as long as there is none newer of the version on that kind of device. */
  abstract saveProfile(profile: ModelProfile): Promise<void>;

  /** The profiles of a version, one for each kind of device. */
  abstract profiles(ref: ModelRef): Promise<ModelProfile[]>;

  /** @throws when the store behind the cluster does not answer within a second. */
  abstract ping(): Promise<void>;

  /** Idempotent. */
  abstract start(): Promise<void>;

  /** Leaves, unsubscribes, disconnects. Idempotent; allowed without `start`. */
  abstract stop(): Promise<void>;
}

export interface WorkerReport {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly device: string;
  readonly state: 'starting' | 'serving' | 'draining';
  readonly startedAt: number;
  readonly models: readonly ModelReport[];
  /** The wishes that it has acted upon, by model. */
  readonly applied: Readonly<Record<string, AppliedState>>;
  /** What became of the candidates, by model; the last one is told until there is another. */
  readonly introductions?: Readonly<Record<string, Introduction>>;
}
