import type { ClassShare } from './class-shares.js';
import type { SchedTrace } from './sched-trace.js';

const NOTHING_RAN = '-';

/** One line in the spirit of Go's `GODEBUG=schedtrace`; docs/scheduling.md explains each of its words. */
export function schedTraceLine(trace: SchedTrace): string {
  const { refused } = trace;
  return [
    `SCHED ${Math.round(trace.uptimeMs)}ms:`,
    `workers=${trace.workers}`,
    `idle=${trace.idle}`,
    `searching=${trace.searching}`,
    `leased=${trace.leasedNotStarted}`,
    `shared=[${trace.shared.join(' ')}]`,
    `own=[${trace.own.join(' ')}]`,
    ...shares(trace.shares),
    `batches=${trace.batches}`,
    `mean=${oneDigit(trace.meanRows)}`,
    `slices=${trace.slices}`,
    `expired=${trace.expired}`,
    ...(refused === undefined ? [] : [`refused=${refused}`]),
    `gap=${Math.round(trace.loopGapMs)}ms`,
  ].join(' ');
}

/** `share=inference:71.2/70 model-update:28.8/30 (since start 70.1/29.9)` */
function shares(classes: readonly ClassShare[]): string[] {
  if (classes.length === 0) return [];
  const each = classes.map(({ name, interval, target }) => `${name}:${oneDigit(interval)}/${atMostOneDigit(target)}`);
  const all = classes.map(({ sinceStart }) => oneDigit(sinceStart));
  return [`share=${each.join(' ')}`, `(since start ${all.join('/')})`];
}

function oneDigit(value: number | undefined): string {
  return value?.toFixed(1) ?? NOTHING_RAN;
}

function atMostOneDigit(value: number): string {
  return String(Math.round(value * 10) / 10);
}
