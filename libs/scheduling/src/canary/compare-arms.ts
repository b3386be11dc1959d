import type { RolloutStrategy } from '@sluice/contracts';
import { alwaysValidZ } from './always-valid.js';
import type { Arm } from './arm.js';
import type { Interval } from './interval.js';
import { meanDifference, type Sample } from './mean-difference.js';
import { meanOf } from './log-sums.js';
import { rateDifference } from './rate-difference.js';

/** The chance that a canary is ever stopped whose version is just within the limits, over all its steps. */
const FALSE_ALARMS = 0.005;
const COMPARISONS = 3;
/** 97.5 %: what is let through wrongly meets the comparison of the next step, with a larger share. */
const PASS_Z = 1.96;
const FEWEST_RUNS = 5;

export interface CanaryLimits extends Pick<RolloutStrategy, 'minSamples' | 'maxErrorRate' | 'maxLatencyRatio'> {
  /** Of the whole canary: each has its part of the false alarms. */
  readonly steps: number;
}

/**
 * `breach`: it is worse than allowed. `pass`: it is not, and that is known well enough. `undecided`: not known yet.
 * `says`: in words, for people.
 */
export interface CanaryVerdict {
  readonly verdict: 'breach' | 'pass' | 'undecided';
  readonly says: string;
}

/** May be asked at any time and any number of times: see README.md. */
export function compareArms(live: Arm, candidate: Arm, limits: CanaryLimits): CanaryVerdict {
  const comparisons = [
    compareErrors(live, candidate, limits),
    compareLatencies(live, candidate, limits),
    compareDeviceTimes(live, candidate, limits),
  ];
  const breach = comparisons.find(({ verdict }) => verdict === 'breach');
  if (breach) return breach;
  const { minSamples } = limits;
  if (candidate.answered < minSamples || live.answered < minSamples)
    return {
      verdict: 'undecided',
      says: `${candidate.answered} requests on the candidate, ${live.answered} on the live version, of ${minSamples} each`,
    };
  const undecided = comparisons.find(({ verdict }) => verdict === 'undecided');
  return undecided ?? { verdict: 'pass', says: comparisons.map(({ says }) => says).join('; ') };
}

function compareErrors(live: Arm, candidate: Arm, limits: CanaryLimits): CanaryVerdict {
  const { maxErrorRate, minSamples } = limits;
  if (candidate.answered === 0) return unknown('no request was answered by the candidate');
  // A live version that gets no share is taken for one that does not fail, once there is a candidate to speak of.
  const isAlone = live.answered === 0 && candidate.answered >= minSamples;
  if (live.answered === 0 && !isAlone) return unknown('no request was answered by the live version');
  const other = isAlone ? { answered: candidate.answered, failed: 0 } : live;
  const difference = (z: number) => rateDifference(candidate, other, z);
  const says = `${percent(candidate.failed / candidate.answered)} of ${candidate.answered} requests failed on the candidate, ${percent(other.failed / other.answered)} of ${live.answered} on the live version`;
  return judge(difference, smaller(candidate.answered, other.answered), maxErrorRate, limits, {
    says,
    bound: (value) => `${percent(value)} more`,
  });
}

/** Of answers: requests of one run wait together, so that a run is one independent sample. */
function compareLatencies(live: Arm, candidate: Arm, limits: CanaryLimits): CanaryVerdict {
  return compareTimes('a request', sampleOf(live, 'latency'), sampleOf(candidate, 'latency'), 0, limits);
}

/** Of runs. By as much as the candidate's batches are larger they may take longer. */
function compareDeviceTimes(live: Arm, candidate: Arm, limits: CanaryLimits): CanaryVerdict {
  const larger = Math.max(0, meanOf(candidate.rows) - meanOf(live.rows)) || 0;
  return compareTimes('a run', sampleOf(live, 'compute'), sampleOf(candidate, 'compute'), larger, limits);
}

function compareTimes(
  what: string,
  live: Sample,
  candidate: Sample,
  allowance: number,
  limits: CanaryLimits,
): CanaryVerdict {
  if (Math.min(live.independent, candidate.independent) < FEWEST_RUNS)
    return unknown(`too few runs to compare how long ${what} takes`);
  const difference = (z: number) => {
    const { estimate, lower, upper } = meanDifference(candidate, live, z);
    return { estimate: estimate - allowance, lower: lower - allowance, upper: upper - allowance };
  };
  const ratio = Math.exp(meanOf(candidate.sums) - meanOf(live.sums) - allowance);
  return judge(difference, smaller(live.independent, candidate.independent), Math.log(limits.maxLatencyRatio), limits, {
    says: `${what} takes ${times(ratio)} times as long on the candidate (${candidate.independent} runs; ${live.independent} on the live version)`,
    bound: (value) => `${times(Math.exp(value))} times as long`,
  });
}

function judge(
  difference: (z: number) => Interval,
  samples: number,
  limit: number,
  { minSamples, steps }: CanaryLimits,
  words: { readonly says: string; readonly bound: (value: number) => string },
): CanaryVerdict {
  const alpha = FALSE_ALARMS / (COMPARISONS * Math.max(1, steps));
  const { lower } = difference(alwaysValidZ(samples, alpha, minSamples));
  if (lower > limit)
    return {
      verdict: 'breach',
      says: `${words.says}: at least ${words.bound(lower)}, and ${words.bound(limit)} is allowed`,
    };
  const { upper } = difference(PASS_Z);
  if (upper > limit) return unknown(`${words.says}: may still be ${words.bound(upper)}`);
  return { verdict: 'pass', says: words.says };
}

function sampleOf(arm: Arm, what: 'latency' | 'compute'): Sample {
  const sums = arm[what];
  return { sums, independent: Math.min(sums.count, arm.compute.count) };
}

/** Two arms say as much about their difference as one of this many samples, the other one being known. */
function smaller(one: number, other: number): number {
  return (one * other) / (one + other);
}

function unknown(says: string): CanaryVerdict {
  return { verdict: 'undecided', says };
}

function percent(rate: number): string {
  return `${(100 * rate).toFixed(1)} %`;
}

function times(ratio: number): string {
  return ratio.toFixed(ratio < 10 ? 2 : 0);
}
