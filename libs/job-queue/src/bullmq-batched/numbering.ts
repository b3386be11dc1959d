/** What several have in common is said once, and named by its number from then on: from 1, in the order of first mention. */
export class Numbering<T> {
  readonly values: T[] = [];
  private readonly numbers = new Map<string, number>();

  get count(): number {
    return this.values.length;
  }

  /** @param key the same for what is the same   @param make called at the first mention */
  numberOf(key: string, make: () => T): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const number = this.values.push(make());
    this.numbers.set(key, number);
    return number;
  }
}
