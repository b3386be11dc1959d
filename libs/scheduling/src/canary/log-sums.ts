import type { LogSums } from '@sluice/contracts';

export const NO_SUMS: LogSums = { count: 0, sum: 0, squares: 0 };

/** @param ms above 0 */
export function withSample({ count, sum, squares }: LogSums, ms: number): LogSums {
  const log = Math.log(ms);
  return { count: count + 1, sum: sum + log, squares: squares + log * log };
}

export function addSums(a: LogSums, b: LogSums): LogSums {
  return { count: a.count + b.count, sum: a.sum + b.sum, squares: a.squares + b.squares };
}

export function meanOf({ count, sum }: LogSums): number {
  return sum / count;
}

/** Of the samples, unbiased; at least two of them. */
export function varianceOf({ count, sum, squares }: LogSums): number {
  // Rounding may leave a hair below nothing when all are alike.
  return Math.max(0, (squares - (sum * sum) / count) / (count - 1));
}
