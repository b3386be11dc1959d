/**
 * The smallest bucket that holds a ragged dimension: requests in one bucket are padded to it and run together.
 *
 * @param buckets in any order
 * @returns undefined when none is large enough: then it runs at its own size
 */
export function bucketOf(size: number, buckets: readonly number[]): number | undefined {
  const holding = buckets.filter((bucket) => bucket >= size);
  return holding.length === 0 ? undefined : Math.min(...holding);
}
