import type { Cluster } from '@sluice/cluster';

/** An adapter, opened for one test. */
export interface ClusterFixture {
  /** Another member of the same cluster, as a process of its own would be. */
  member(): Promise<Cluster>;
  /** As when its process hangs, or its network is gone. */
  cutOff(member: Cluster): Promise<void>;
  /** How long a worker counts as alive without being heard of. */
  readonly presenceMs: number;
  pass(ms: number): Promise<void>;
  /** Lets time go by until a promise settles. */
  settled<T>(promise: Promise<T>): Promise<T>;
  close(): Promise<void>;
}
