/** Counts what came of the runs: a fuzzer that only ever meets one outcome tests nothing. */
export class Tally {
  private readonly counts = new Map<string, number>();

  constructor(private readonly what: string) {}

  add(outcome: string): void {
    this.counts.set(outcome, (this.counts.get(outcome) ?? 0) + 1);
  }

  /** Sorted. */
  get outcomes(): string[] {
    return [...this.counts.keys()].toSorted();
  }

  /** To whoever watches. */
  tell(): void {
    const runs = [...this.counts.values()].reduce((sum, count) => sum + count, 0);
    console.info(`fuzzed ${runs} ${this.what}: ${JSON.stringify(Object.fromEntries(this.counts))}`);
  }
}
