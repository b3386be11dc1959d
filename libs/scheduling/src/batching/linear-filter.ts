/**
 * A Kalman filter (Kalman, 1960) over the line t(n) = fixed + perRow * n, both never negative.
 *
 * Two things drift between measurements: the speed, which scales both alike, and the shape, the ratio of one to the
 * other. Kept apart, because measurements at one size tell much about speed and nothing about shape: plain forgetting
 * would let go of the shape while it learns the speed.
 */
export class LinearFilter {
  fixed: number;
  perRow: number;
  /** Covariance of fixed and perRow. */
  private ff: number;
  private fp = 0;
  private pp: number;

  /** From one measurement: half of it is taken for fixed, and either half is anybody's guess. */
  constructor(rows: number, measured: number) {
    this.fixed = measured / 2;
    this.perRow = measured / 2 / rows;
    this.ff = this.fixed ** 2;
    this.pp = this.perRow ** 2;
  }

  at(rows: number): number {
    return this.fixed + this.perRow * rows;
  }

  /** Of the value at this size, as far as the line itself is uncertain. */
  variance(rows: number): number {
    return this.ff + 2 * rows * this.fp + rows ** 2 * this.pp;
  }

  /**
   * Becomes less certain, by relative standard deviations of speed and shape. Shape is what turns the line around its
   * value at `rows`; it never becomes less certain than it was at the beginning.
   */
  drift(rows: number, speed: number, shape: number): void {
    const turn = this.ff < (this.at(rows) / 2) ** 2 ? shape * this.at(rows) : 0;
    this.ff += (speed * this.fixed) ** 2 + turn ** 2;
    this.fp += speed ** 2 * this.fixed * this.perRow - turn ** 2 / rows;
    this.pp += (speed * this.perRow) ** 2 + (turn / rows) ** 2;
  }

  scale(factor: number): void {
    this.fixed *= factor;
    this.perRow *= factor;
    this.ff *= factor ** 2;
    this.fp *= factor ** 2;
    this.pp *= factor ** 2;
  }

  /** @param noise variance of the measurement */
  learn(rows: number, measured: number, noise: number): void {
    const covFixed = this.ff + rows * this.fp;
    const covPerRow = this.fp + rows * this.pp;
    const total = covFixed + rows * covPerRow + noise;
    const surprise = measured - this.at(rows);
    this.fixed += (covFixed / total) * surprise;
    this.perRow += (covPerRow / total) * surprise;
    this.ff = Math.max(0, this.ff - covFixed ** 2 / total);
    this.fp -= (covFixed * covPerRow) / total;
    this.pp = Math.max(0, this.pp - covPerRow ** 2 / total);
    this.keepPositive();
  }

  /** A part that came out negative is none at all; the other takes on what goes with that. */
  private keepPositive(): void {
    if (this.fixed < 0) {
      this.perRow -= this.ff > 0 ? (this.fixed * this.fp) / this.ff : 0;
      this.fixed = 0;
    }
    if (this.perRow < 0) {
      this.fixed = Math.max(0, this.fixed - (this.pp > 0 ? (this.perRow * this.fp) / this.pp : 0));
      this.perRow = 0;
    }
  }
}
