import type { Clock } from '@sluice/clock';
import { inferenceQueue, type ModelRef } from '@sluice/contracts';

const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

/** When what could not be loaded is worth another attempt: later after each. */
export class FailedLoads {
  private readonly failed = new Map<string, { readonly times: number; readonly until: number }>();

  constructor(private readonly clock: Clock) {}

  note(ref: ModelRef): void {
    const queue = inferenceQueue(ref);
    const times = (this.failed.get(queue)?.times ?? 0) + 1;
    const waitMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** (times - 1));
    this.failed.set(queue, { times, until: this.clock.now() + waitMs });
  }

  forget(ref: ModelRef): void {
    this.failed.delete(inferenceQueue(ref));
  }

  /** Also of what has not failed. */
  isDue(ref: ModelRef): boolean {
    return this.clock.now() >= (this.failed.get(inferenceQueue(ref))?.until ?? -Infinity);
  }
}
