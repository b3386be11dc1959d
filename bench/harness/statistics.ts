/**
 * The value below which a share of all values lies, by the nearest-rank method: it is always one that was measured.
 *
 * @param share 0 to 1
 * @throws Error when there are no values
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).toSorted();
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error('no value was measured');
  return value;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new Error('no value was measured');
  return (lower + upper) / 2;
}

export interface FittedLine {
  /** Units of `y` for each unit of `x`. */
  readonly slope: number;
  /** Standard error of the slope: with twice as much it may as well be flat. */
  readonly error: number;
}

/**
 * The line that fits the points best (least squares).
 *
 * @throws Error when there are fewer than three points, or all have the same x
 */
export function fitLine(points: readonly { readonly x: number; readonly y: number }[]): FittedLine {
  const sum = (of: (point: { x: number; y: number }) => number) =>
    points.reduce((total, point) => total + of(point), 0);
  const meanX = sum(({ x }) => x) / points.length;
  const meanY = sum(({ y }) => y) / points.length;
  const width = sum(({ x }) => (x - meanX) ** 2);
  if (points.length < 3 || width === 0) throw new Error('a line with an error needs three points');
  const slope = sum(({ x, y }) => (x - meanX) * (y - meanY)) / width;
  const residual = sum(({ x, y }) => (y - meanY - slope * (x - meanX)) ** 2);
  return { slope, error: Math.sqrt(residual / (points.length - 2) / width) };
}

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** What repetitions say together, key by key. @throws Error when one of them lacks a key of the first */
export function summarise(rounds: readonly Readonly<Record<string, number>>[]): Record<string, Summary> {
  const keys = Object.keys(rounds[0] ?? {});
  return Object.fromEntries(
    keys.map((key) => {
      const values = rounds.map((round) => {
        const value = round[key];
        if (value === undefined) throw new Error(`a repetition has no ${key}`);
        return value;
      });
      return [key, { median: median(values), min: Math.min(...values), max: Math.max(...values) }];
    }),
  );
}
