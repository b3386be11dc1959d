import type { ArmCounts } from '@sluice/contracts';
import { addSums, NO_SUMS } from './log-sums.js';

/** How a version answered, on all workers together. */
export type Arm = Pick<ArmCounts, 'answered' | 'failed' | 'latency' | 'compute' | 'rows'>;

export const NO_ARM: Arm = { answered: 0, failed: 0, latency: NO_SUMS, compute: NO_SUMS, rows: NO_SUMS };

export function sumArms(arms: readonly Arm[]): Arm {
  return arms.reduce<Arm>(
    (sum, arm) => ({
      answered: sum.answered + arm.answered,
      failed: sum.failed + arm.failed,
      latency: addSums(sum.latency, arm.latency),
      compute: addSums(sum.compute, arm.compute),
      rows: addSums(sum.rows, arm.rows),
    }),
    NO_ARM,
  );
}
