/**
 * The keys whose state a device holds: those that were used last. What a cache of prefixes, or of loaded data, does to the
 * cost of a run.
 */
export class HeldKeys {
  /** Least recently used first. */
  private readonly keys = new Set<number>();

  /** @param holds how many of them there is room for */
  constructor(private readonly holds: number) {}

  /**
   * Uses the keys of a batch's rows, in order.
   *
   * @returns for each row whether it brought its key in: true once for each distinct key that was not held before the
   * batch, however many rows share it
   */
  use(keys: readonly number[]): boolean[] {
    const before = new Set(this.keys);
    const missed = keys.map((key, row) => !before.has(key) && keys.indexOf(key) === row);
    for (const key of keys) {
      this.keys.delete(key);
      this.keys.add(key);
    }
    for (const key of this.keys) {
      if (this.keys.size <= this.holds) break;
      this.keys.delete(key);
    }
    return missed;
  }
}
