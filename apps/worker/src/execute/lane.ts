/**
 * A source of work for the device, of one class of the share policy. The device's loop asks its lanes which of them
 * could run something, lets one of them have its turn, and charges what that took to its class.
 */
export interface Lane {
  /** The class that its device time is charged to. */
  readonly shareClass: string;

  /** From when on it has something to run, by the worker's clock: now or earlier, later, or never (Infinity). */
  readyAt(now: number): number;

  /** Something that ran is not settled yet, and may want another turn. */
  readonly hasUnsettled: boolean;

  /** How long its next turn takes, in ms; undefined when that is not known. */
  expectedMs(): number | undefined;

  /**
   * Runs one unit that is not interrupted: a batch, a slice.
   * @returns the device time that it took, by the engine thread's clock, in ms
   * @throws when the device cannot be used any more; whatever is wrong with the work itself is the lane's own affair
   */
  turn(): Promise<number>;
}
