/**
 * Time, as everything sees it that waits or measures: the same loops run on the system's clock and in virtual time.
 * A clock belongs to one process: when it is killed, its clock calls nobody any more.
 */
export abstract class Clock {
  /** Milliseconds since some moment; never goes back, and does not follow the date. */
  abstract now(): number;

  /** Calls once, after so many milliseconds. */
  abstract after(ms: number, call: () => void): Timer;

  /** Calls again and again, first after `ms`. */
  abstract every(ms: number, call: () => void): Timer;

  /** Calls once, after everything that is due now: whoever is waited for more goes first. */
  abstract soon(call: () => void): void;

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve));
  }
}

export interface Timer {
  cancel(): void;
}
