/** Exponentially weighted moving average; undefined until the first value. */
export function runningAverage(average: number | undefined, value: number, weight = 0.2): number {
  return average === undefined ? value : average + weight * (value - average);
}
