import { Clock, type Timer } from './clock.js';

/** The clock of this process. */
export class SystemClock extends Clock {
  override now(): number {
    return performance.now();
  }

  override after(ms: number, call: () => void): Timer {
    const timer = setTimeout(call, ms);
    return { cancel: () => clearTimeout(timer) };
  }

  override every(ms: number, call: () => void): Timer {
    const timer = setInterval(call, ms);
    return { cancel: () => clearInterval(timer) };
  }

  override soon(call: () => void): void {
    setImmediate(call);
  }
}
