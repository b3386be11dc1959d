import type { ModelStatistics } from '@sluice/cluster';
import { inferenceQueue, type ModelRef } from '@sluice/contracts';
import type { ArmCounter } from './arm-counter.js';
import type { EndedRequest } from './ended-request.js';
import { Tally } from './tally.js';

/** Counts what this worker does, in memory; the publisher takes the counts away. */
export class StatisticsCollector {
  private readonly tallies = new Map<string, { readonly ref: ModelRef; readonly tally: Tally }>();

  /** @param now the queue's clock */
  constructor(
    private readonly now: () => number,
    private readonly arms: ArmCounter,
  ) {}

  /** Requests of one model version that were in one batch. */
  ended(ref: ModelRef, requests: readonly EndedRequest[]): void {
    if (requests.length === 0) return;
    const now = this.now();
    const tally = this.tallyOf(ref);
    tally.seen(now);
    for (const { job, outcome, cost } of requests) {
      const { enqueuedAt } = job.leased;
      tally.request(outcome.ok ? 'success' : 'fail', elapsed(enqueuedAt, now));
      tally.request('queue', elapsed(enqueuedAt, job.leasedAt));
      if (cost) tally.answered(job.rows, cost);
    }
    for (const cost of new Set(requests.flatMap((request) => request.cost ?? []))) tally.run(cost);
    this.arms.ended(ref, requests, now);
  }

  /** Requests that ended without having been tried. */
  failed(ref: ModelRef, count: number): void {
    if (count === 0) return;
    const tally = this.tallyOf(ref);
    tally.seen(this.now());
    tally.request('fail', 0, count);
  }

  /** What was counted since the last call. */
  take(): ModelStatistics[] {
    const counted = [...this.tallies.values()].map(({ ref, tally }) => tally.toStatistics(ref));
    this.tallies.clear();
    return counted;
  }

  private tallyOf(ref: ModelRef): Tally {
    const queue = inferenceQueue(ref);
    const { tally } = this.tallies.get(queue) ?? { tally: new Tally() };
    this.tallies.set(queue, { ref, tally });
    return tally;
  }
}

/** The job was written by another process, whose clock may be ahead of ours by a little. */
function elapsed(from: number, to: number): number {
  return Math.max(0, to - from);
}
