import type { ModelCost } from '@sluice/cluster';
import type { CostReport, ModelProfile } from '@sluice/contracts';
import { CostModel } from '@sluice/scheduling';

/** What runs of one model version cost on this device, learnt for each bucket, and how many rows make a full batch. */
export class ModelCosts {
  private buckets = new Map<string, CostModel>();
  private profile: ModelProfile | undefined;

  /** @param maxBatchSize that the model is served with; 0: one request at a time */
  constructor(private readonly maxBatchSize: number) {}

  /** Rows of a full batch: as many as the model takes, fewer where the profile says that more bring nothing. */
  maxRowsOf(bucket: string): number {
    return Math.max(1, Math.min(this.maxBatchSize, this.profile?.bestBatch[bucket] ?? Infinity));
  }

  /** The same for whichever bucket takes most: of what waits, nobody knows the bucket. */
  get maxRows(): number {
    const buckets = Object.keys(this.profile?.bestBatch ?? {});
    return Math.max(...(buckets.length > 0 ? buckets : ['']).map((bucket) => this.maxRowsOf(bucket)));
  }

  /** The costs of the bucket that is known best. */
  get usual(): CostReport | undefined {
    const reports = [...this.buckets.values()].flatMap((cost) => cost.report() ?? []);
    return reports.toSorted((a, b) => b.observations - a.observations)[0];
  }

  of(bucket: string): CostModel {
    let cost = this.buckets.get(bucket);
    if (!cost) this.buckets.set(bucket, (cost = new CostModel(this.profile?.buckets[bucket])));
    return cost;
  }

  /** What was learnt so far gives way to what was measured. */
  learnFrom(profile: ModelProfile): void {
    this.profile = profile;
    this.buckets = new Map(Object.entries(profile.buckets).map(([bucket, points]) => [bucket, new CostModel(points)]));
  }

  report(queue: string): ModelCost[] {
    return [...this.buckets].flatMap(([bucket, cost]) => {
      const report = cost.report();
      return report ? [{ queue, bucket, maxRows: this.maxRowsOf(bucket), ...report }] : [];
    });
  }
}
