import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '@sluice/onnx-writer';

export interface PoissonOptions {
  readonly ratePerSecond: number;
  readonly durationMs: number;
  readonly random: Random;
}

/**
 * Calls as users come: without regard to one another. Resolves after the last call.
 *
 * It sleeps between calls. A caller that spins is on time to the microsecond, and takes away a core from what it measures.
 *
 * @param onArrival is told which one it is, from 0, and when it is due, by `performance.now()`; it may be called late
 */
export async function poissonArrivals(
  { ratePerSecond, durationMs, random }: PoissonOptions,
  onArrival: (index: number, dueAt: number) => void,
): Promise<void> {
  const end = performance.now() + durationMs;
  const gapMs = () => (-Math.log(1 - random()) * 1000) / ratePerSecond;
  let index = 0;
  for (let dueAt = performance.now() + gapMs(); dueAt < end; dueAt += gapMs()) {
    // A timer counts whole milliseconds, and may be early by a part of one.
    for (let early = dueAt - performance.now(); early > 0; early = dueAt - performance.now()) await delay(early);
    onArrival(index++, dueAt);
  }
}
