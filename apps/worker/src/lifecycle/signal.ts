import type { Clock, Timer } from '@sluice/clock';

/** Wakes a loop that waits for something to have changed. A notification with nobody waiting is kept for the next. */
export class Signal {
  private pending = false;
  private wake: (() => void) | undefined;

  constructor(private readonly clock: Clock) {}

  notify(): void {
    this.pending = true;
    this.wake?.();
  }

  /** Resolves at the next notification, or after `timeoutMs`. One waiter at a time. */
  async wait(timeoutMs?: number): Promise<void> {
    if (!this.pending) {
      let timer: Timer | undefined;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        if (timeoutMs !== undefined) timer = this.clock.after(timeoutMs, resolve);
      });
      timer?.cancel();
      this.wake = undefined;
    }
    this.pending = false;
  }
}
