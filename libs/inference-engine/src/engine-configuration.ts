/** How a worker's engine computes; compiled from the environment elsewhere and passed in. */
export interface EngineConfiguration {
  /** `cpu`, `cuda:N`, `tensorrt:N`, `webgpu`, `coreml` or `dml`. */
  readonly device: string;
  /** What to do when a model cannot be opened on `device`: try `cpu`, or nothing at all. */
  readonly fallback: 'cpu' | 'none';
  /** Threads that one run spreads over; 0 leaves it to the runtime (one per physical core). */
  readonly intraOpThreads: number;
  /**
   * Whether those threads spin while they wait for work. It shaves a millisecond off sparse requests and costs a whole
   * core while idle, and on a shared machine the tail latency as well: off unless the machine belongs to one worker.
   */
  readonly allowSpinning: boolean;
}
