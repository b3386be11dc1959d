import { availableParallelism, totalmem } from 'node:os';
import type { RedisBinary } from '@sluice/embedded-redis';

/** Where a number was measured: without it the number means nothing. */
export interface MachineFacts {
  readonly cpus: number;
  readonly memGb: number;
  readonly node: string;
  readonly redis: string;
}

export function machineFacts(redis: RedisBinary): MachineFacts {
  // A container may be allowed less than the machine has; without a limit the value is huge, or 0.
  const allowed = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return {
    cpus: availableParallelism(),
    memGb: Math.round((Math.min(totalmem(), allowed) / 2 ** 30) * 10) / 10,
    node: process.version,
    redis: redis.version,
  };
}
