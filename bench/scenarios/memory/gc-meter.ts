import { PerformanceObserver } from 'node:perf_hooks';

/** What the garbage collector did since it was asked last. */
export interface GcUse {
  /** For which it held the thread. */
  readonly ms: number;
  readonly collections: number;
}

/** Counts the garbage collections of the thread that makes it. */
export class GcMeter {
  private ms = 0;
  private collections = 0;
  private readonly observer = new PerformanceObserver((list) => this.count(list.getEntries()));

  constructor() {
    this.observer.observe({ entryTypes: ['gc'] });
  }

  take(): GcUse {
    this.count(this.observer.takeRecords());
    const { ms, collections } = this;
    this.ms = 0;
    this.collections = 0;
    return { ms, collections };
  }

  private count(entries: readonly PerformanceEntry[]): void {
    for (const { duration } of entries) this.ms += duration;
    this.collections += entries.length;
  }
}
