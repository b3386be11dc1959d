import type { ClusterProcess } from '@sluice/local-cluster';
import { readEvents } from './log-events.js';

/** A stretch of time, in milliseconds since the epoch. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** One turn of the device's loop: a batch, or a slice of an update, with what it takes to start and to end it. */
export interface Turn extends Span {
  readonly shareClass: string;
}

/** The log's resolution. */
const CLOCK_MS = 1;

interface TurnEvent {
  readonly shareClass: string;
  readonly turnMs: number;
}

/** Every turn so far in which something ran, in order. To the millisecond: the log has no finer clock. */
export function readTurns(worker: ClusterProcess): Turn[] {
  return readEvents<TurnEvent>(worker.log(), 'turn_ended').map(({ at, shareClass, turnMs }) => {
    return { shareClass, from: at - turnMs, to: at };
  });
}

/**
 * For each request, how long turns of updates had the device between its arrival and the turn that answered it: the last
 * of inference that was over when the answer was there. What a request spends on its way to the worker counts as waiting.
 *
 * @returns the longest such part of one turn, and all of them together
 */
export function waitsBehind(
  updates: readonly Span[],
  inference: readonly Span[],
  requests: readonly Span[],
): { readonly longestMs: number; readonly totalMs: number }[] {
  return requests.map(({ from, to }) => {
    const start = inference.findLast((turn) => turn.to <= to + CLOCK_MS)?.from ?? to;
    let [longestMs, totalMs] = [0, 0];
    for (const update of updates) {
      const ms = Math.max(0, Math.min(update.to, start) - Math.max(update.from, from));
      longestMs = Math.max(longestMs, ms);
      totalMs += ms;
    }
    return { longestMs, totalMs };
  });
}
