import type { ErrorBody, ModelReport } from '@sluice/contracts';

/**
 * Who is there, and how answers find their way: presence of workers, and replies to the API process that waits.
 *
 * - A worker is **alive** from `join` until it leaves or has not been heard of for `presenceMs`.
 * - Replies are delivered at most once and may be lost (the API is restarting, the connection broke): the finished job
 *   keeps its result, and whoever waits looks there.
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

  /** Answers one API process, all in one message. Resolves to false when nobody listens there. */
  abstract reply(apiId: string, replies: readonly Reply[]): Promise<boolean>;

  /**
   * Listens for replies to this API process. `onGap` is called when the subscription was interrupted and is back:
   * replies may have been lost in between.
   */
  abstract subscribe(apiId: string, onReplies: (replies: readonly Reply[]) => void, onGap: () => void): Promise<void>;

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
}

export type Reply =
  | { readonly jobId: string; readonly result: Uint8Array }
  | { readonly jobId: string; readonly error: ErrorBody };
