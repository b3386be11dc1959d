/** Where the truth is, most likely. */
export interface Interval {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}
