import type { CpuReading } from './process-cpu.js';

/** What a load is sent to, ours or a peer. */
export interface Target {
  readonly port: number;
  /** Of its processes, by what they do, and of this one; undefined where the operating system does not tell. */
  cpu(): CpuReading | undefined;
}
