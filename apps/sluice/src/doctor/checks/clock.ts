import type { RedisFacts } from '../facts.js';
import { ok, warning, type Finding } from '../finding.js';

const MOST_MS = 1_000;

/** Deadlines are on Redis' clock, so that hosts may differ; their logs are then hard to read together. */
export function checkClock({ clockOffsetMs }: Pick<RedisFacts, 'clockOffsetMs'>): Finding[] {
  const ms = Math.round(Math.abs(clockOffsetMs));
  if (ms <= MOST_MS) return [ok(`the clocks of this host and of Redis differ by ${ms} ms`)];
  const sign = clockOffsetMs > 0 ? 'ahead of' : 'behind';
  return [
    warning(
      `the clock of Redis is ${(ms / 1000).toFixed(1)} s ${sign} this host's: times in logs and of jobs do not fit together`,
      'timedatectl set-ntp true    # on both hosts',
    ),
  ];
}
