import type { Interval } from './interval.js';

/** Of `answered`, at least one, so many `failed`. */
export interface Rate {
  readonly answered: number;
  readonly failed: number;
}

/**
 * By how much the rate of one exceeds that of the other: Newcombe's hybrid score interval (1998, method 10), made of
 * Wilson's for each. Unlike the difference of means it is right with few samples, and where nothing has failed.
 *
 * @param z half the width, in standard errors
 */
export function rateDifference(one: Rate, other: Rate, z: number): Interval {
  const [a, b] = [wilson(one, z), wilson(other, z)];
  const estimate = a.estimate - b.estimate;
  return {
    estimate,
    lower: estimate - Math.hypot(a.estimate - a.lower, b.upper - b.estimate),
    upper: estimate + Math.hypot(a.upper - a.estimate, b.estimate - b.lower),
  };
}

/** Wilson's score interval (1927). */
function wilson({ answered, failed }: Rate, z: number): Interval {
  const estimate = failed / answered;
  const centre = (failed + (z * z) / 2) / (answered + z * z);
  const half = (z * Math.sqrt(failed * (1 - estimate) + (z * z) / 4)) / (answered + z * z);
  return { estimate, lower: centre - half, upper: centre + half };
}
