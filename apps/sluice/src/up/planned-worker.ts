/** One worker of a cluster, before it starts. */
export interface PlannedWorker {
  readonly name: string;
  /** Of one run on the CPU. */
  readonly threads: number;
  /** Undefined: as SLUICE_DEVICE says for all. */
  readonly device: string | undefined;
  /** The program, with its arguments, that starts it bound; empty: it runs anywhere. */
  readonly launcher: readonly string[];
}

export interface ChosenWorkers {
  readonly workers: readonly PlannedWorker[];
  /** What was chosen and why, for people: lines. */
  readonly report: string;
}

/** @param index from 0 */
export function workerName(index: number): string {
  return `worker-${index + 1}`;
}
