import { LinearFilter } from './linear-filter.js';

/** A batch of so many rows took so long. */
export interface CostPoint {
  readonly rows: number;
  readonly ms: number;
}

/** What a cost model knows: a batch of n rows takes fixedMs + n * perRowMs. Neither is negative. */
export interface CostReport {
  readonly fixedMs: number;
  readonly perRowMs: number;
  /**
   * Mean relative error of its latest predictions, each against the larger of predicted and measured: 0 to 1. Undefined
   * before the first.
   */
  readonly error: number | undefined;
  /** Runs observed; the seed does not count. */
  readonly observations: number;
}

/** The clock's resolution: what took no time at all took this long. */
const SHORTEST_MS = 0.001;
/** Weight of the newest run in the reported error. */
const ERROR_WEIGHT = 0.1;
/** Mean relative deviation of a run from the truth: before anything is known, and the least that is believed. */
const USUAL_DEVIATION = 0.08;
const LEAST_DEVIATION = 0.03;
/** Weight of the newest run in the deviation: little, so that a lasting change does not pass for noise. */
const DEVIATION_WEIGHT = 0.02;
/** Standard by mean deviation, of a normal distribution. */
const SIGMA = 1.25;
/** A run further off than this many standard deviations says something about the machine, not about the model. */
const OUTLIER = 4;
/** ... unless so many come in a row, all to the same side: then the device has changed. */
const LASTING = 5;
/** How much speed and shape change from run to run, by the noise of a run: the last dozen runs say what the speed is. */
const SPEED_DRIFT = 0.2;
const SHAPE_DRIFT = 0.05;
/** How little is known of them after the device has changed. */
const CHANGED_SPEED = 0.5;
const CHANGED_SHAPE = 0.25;

/**
 * The cost of a batch of n rows on one device, t(n) = a + b * n, learnt from what ran and seeded by a profile.
 *
 * Follows a device that slows down, within about 20 runs; a run that a busy machine delayed does not move it. While all
 * batches have one size the ratio of a to b stays what it was: the seed's, or half and half without one. Constant time
 * and memory.
 */
export class CostModel {
  private line: LinearFilter | undefined;
  private deviation = USUAL_DEVIATION;
  private error: number | undefined;
  private observations = 0;
  /** Outliers in a row, negative for those below the prediction, and how the mildest of them compares with it. */
  private streak = 0;
  private mildest = 1;

  /** @throws RangeError as `observe` does */
  constructor(seed: readonly CostPoint[] = []) {
    for (const { rows, ms } of seed) {
      const measured = checked(rows, ms);
      this.learn(rows, measured, measured);
    }
  }

  /**
   * @param ms on the device's clock
   * @throws RangeError when rows is not above 0, or ms is negative or no number
   */
  observe(rows: number, ms: number): void {
    const measured = checked(rows, ms);
    this.observations += 1;
    if (this.line) this.compare(this.line, rows, measured);
    else this.learn(rows, measured, measured);
  }

  /** Device time of a batch, in ms; undefined before anything is known. */
  predict(rows: number): number | undefined {
    return this.line?.at(rows);
  }

  /** Undefined before anything is known. */
  report(): CostReport | undefined {
    if (!this.line) return undefined;
    const { fixed, perRow } = this.line;
    return { fixedMs: fixed, perRowMs: perRow, error: this.error, observations: this.observations };
  }

  private compare(line: LinearFilter, rows: number, measured: number): void {
    const predicted = Math.max(SHORTEST_MS, line.at(rows));
    const missed = Math.abs(measured - predicted) / Math.max(measured, predicted);
    this.error = this.error === undefined ? missed : this.error + ERROR_WEIGHT * (missed - this.error);

    const noise = this.noise(predicted);
    line.drift(rows, SPEED_DRIFT * SIGMA * this.deviation, SHAPE_DRIFT * SIGMA * this.deviation);
    const surprise = Math.abs(measured - predicted) / Math.sqrt(line.variance(rows) + noise);
    this.deviation *= 1 + DEVIATION_WEIGHT * (SIGMA * Math.min(surprise, OUTLIER) - 1);
    this.deviation = Math.max(LEAST_DEVIATION, this.deviation);
    if (surprise <= OUTLIER) {
      this.streak = 0;
      this.learn(rows, measured, predicted);
    } else if (this.lasts(measured / predicted)) this.restart(line, rows);
  }

  /** Counts an outlier. @returns whether there were so many that the device must have changed */
  private lasts(ratio: number): boolean {
    const side = ratio > 1 ? 1 : -1;
    const first = this.streak * side <= 0;
    const milder = side > 0 ? Math.min(this.mildest, ratio) : Math.max(this.mildest, ratio);
    this.mildest = first ? ratio : milder;
    this.streak = first ? side : this.streak + side;
    return Math.abs(this.streak) >= LASTING;
  }

  /** At the speed that the mildest of the outliers speaks for, and open to every correction. */
  private restart(line: LinearFilter, rows: number): void {
    line.scale(this.mildest);
    line.drift(rows, CHANGED_SPEED, CHANGED_SHAPE);
    this.streak = 0;
  }

  /** @param about how long such a run takes, as well as that is known */
  private learn(rows: number, measured: number, about: number): void {
    this.line ??= new LinearFilter(rows, measured);
    this.line.learn(rows, measured, this.noise(about));
  }

  /** Variance of a run that takes about this long. */
  private noise(ms: number): number {
    return (SIGMA * this.deviation * ms) ** 2;
  }
}

function checked(rows: number, ms: number): number {
  if (!(rows > 0 && rows < Infinity)) throw new RangeError(`a batch of ${rows} rows, expected a number above 0`);
  if (!(ms >= 0 && ms < Infinity)) throw new RangeError(`a run of ${ms} ms, expected 0 or more`);
  return Math.max(SHORTEST_MS, ms);
}
