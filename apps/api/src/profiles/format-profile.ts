import type { ModelProfile } from '@sluice/contracts';

/** What was measured of a version on one kind of device, as `GET …/profile` shows it. */
export interface ProfileView {
  readonly deviceKind: string;
  readonly measured: string;
  /** How often it was begun since it was last finished: 0 unless it is being measured, or could not be. */
  readonly unfinishedAttempts: number;
  readonly buckets: readonly BucketView[];
}

interface BucketView {
  /** '' for a model without ragged dimensions. */
  readonly bucket: string;
  /** Rows beyond which a larger batch brings less than 5 % more of them a second. */
  readonly bestBatch: number | undefined;
  readonly sizes: readonly { readonly rows: number; readonly ms: number; readonly rowsPerSecond: number }[];
}

export function formatProfile({ deviceKind, bestBatch, measuredAt, attempts, buckets }: ModelProfile): ProfileView {
  return {
    deviceKind,
    measured: new Date(measuredAt).toISOString(),
    unfinishedAttempts: attempts,
    buckets: Object.entries(buckets).map(([bucket, points]) => ({
      bucket,
      bestBatch: bestBatch[bucket],
      sizes: points.map(({ rows, ms }) => ({
        rows,
        ms: rounded(ms, 4),
        rowsPerSecond: rounded((1000 * rows) / ms, 1),
      })),
    })),
  };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
