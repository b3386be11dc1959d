import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { Random } from '@sluice/onnx-writer';

export interface PoissonOptions {
  readonly ratePerSecond: number;
  readonly durationMs: number;
  readonly random: Random;
  /**
   * Turns the event loop over for the last moments before a call, so that it is late by microseconds: for latencies
   * below a millisecond, at a rate that leaves most of a core idle all the same. By default it is late by about 1 ms.
   */
  readonly isPunctual?: boolean;
}

/** Within which a timer may miss its time. */
const TIMER_MS = 1.5;

/**
 * Calls as users come: without regard to one another. Resolves after the last call.
 *
 * It sleeps between calls: a caller that is always on time takes away a core from what it measures.
 *
 * @param onArrival is told which one it is, from 0, and when it is due, by `performance.now()`; it may be called late
 */
export async function poissonArrivals(
  { ratePerSecond, durationMs, random, isPunctual = false }: PoissonOptions,
  onArrival: (index: number, dueAt: number) => void,
): Promise<void> {
  const end = performance.now() + durationMs;
  const gapMs = () => (-Math.log(1 - random()) * 1000) / ratePerSecond;
  let index = 0;
  for (let dueAt = performance.now() + gapMs(); dueAt < end; dueAt += gapMs()) {
    // A timer counts whole milliseconds, and may be early by a part of one.
    for (let early = dueAt - performance.now(); early > 0; early = dueAt - performance.now()) {
      if (!isPunctual) await delay(early);
      else if (early > TIMER_MS) await delay(early - TIMER_MS);
      else await nextTurn();
    }
    onArrival(index++, dueAt);
  }
}
