import type { LogSums } from '@sluice/contracts';
import type { Interval } from './interval.js';
import { meanOf, varianceOf } from './log-sums.js';

/** What was summed, and how many of its samples are independent, at least two: those of one batch are not. */
export interface Sample {
  readonly sums: LogSums;
  readonly independent: number;
}

/**
 * By how much the mean of one exceeds that of the other: Welch's interval (1947), for samples of different variance and
 * number. Few samples make it wider, as Student's t is than the normal distribution (Wallace's approximation, 1959).
 *
 * @param z half the width, in standard errors, were there many samples
 */
export function meanDifference(one: Sample, other: Sample, z: number): Interval {
  const [a, b] = [squaredError(one), squaredError(other)];
  const freedom = (a + b) ** 2 / (a ** 2 / (one.independent - 1) + b ** 2 / (other.independent - 1)) || 1;
  const half = studentFrom(z, freedom) * Math.sqrt(a + b);
  const estimate = meanOf(one.sums) - meanOf(other.sums);
  return { estimate, lower: estimate - half, upper: estimate + half };
}

function squaredError({ sums, independent }: Sample): number {
  return varianceOf(sums) / independent;
}

/** The t that is exceeded as rarely as z. */
function studentFrom(z: number, freedom: number): number {
  const widened = (z * (8 * freedom + 3)) / (8 * freedom + 1);
  return Math.sqrt(freedom * Math.expm1(widened ** 2 / freedom));
}
