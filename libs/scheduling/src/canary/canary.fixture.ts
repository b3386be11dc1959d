import { NO_ARM, type Arm } from './arm.js';
import { compareArms, type CanaryLimits, type CanaryVerdict } from './compare-arms.js';
import { withSample } from './log-sums.js';

/** Seeded, so that a simulation that is run again does the same (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How a version behaves: requests that fail, 0 to 1; how many times as long as usual it takes. */
export interface Behaviour {
  readonly errors: number;
  readonly slower: number;
}

export const LIMITS: CanaryLimits = { minSamples: 200, maxErrorRate: 0.01, maxLatencyRatio: 1.5, steps: 3 };
export const SHARES = [0.05, 0.25, 0.5];
export const GOOD: Behaviour = { errors: 0.002, slower: 1 };
const REQUESTS_PER_STEP = 10_000;
const REQUESTS_PER_LOOK = 50;

/** A canary of simulated requests that is looked at all the time. `requests`: of the candidate, until it ended so. */
export function simulateCanary(live: Behaviour, candidate: Behaviour, random: () => number) {
  let requests = 0;
  for (const share of SHARES) {
    let [one, other]: [Arm, Arm] = [NO_ARM, NO_ARM];
    let verdict: CanaryVerdict | undefined;
    for (let sent = 0; sent < REQUESTS_PER_STEP && verdict?.verdict !== 'pass';) {
      for (const end = sent + REQUESTS_PER_LOOK; sent < end;) {
        const isCandidate = random() < share;
        const rows = batchOf(isCandidate ? share : 1 - share, random);
        sent += rows;
        if (isCandidate) {
          requests += rows;
          other = withRun(other, rows, candidate, random);
        } else one = withRun(one, rows, live, random);
      }
      verdict = compareArms(one, other, LIMITS);
      if (verdict.verdict === 'breach') return { breach: verdict.says, share, requests };
    }
  }
  return { breach: undefined, share: 1, requests };
}

/** Who has the smaller share has the smaller batches. */
function batchOf(share: number, random: () => number): number {
  return 1 + Math.floor(random() * 8 * share);
}

/** Its requests have the same latency, all but for a little: heavy tails, as latencies have. */
function withRun(arm: Arm, rows: number, { errors, slower }: Behaviour, random: () => number): Arm {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const deviceMs = slower * (2 + 0.5 * rows) * Math.exp(0.2 * normal());
  const waitMs = 10 * slower * Math.exp(0.8 * normal()) * (random() < 0.01 ? 20 : 1);
  let { answered, failed, latency } = arm;
  for (let row = 0; row < rows; row++) {
    answered++;
    if (random() < errors) failed++;
    else latency = withSample(latency, waitMs + deviceMs + random());
  }
  return {
    answered,
    failed,
    latency,
    compute: withSample(arm.compute, deviceMs),
    rows: withSample(arm.rows, rows),
  };
}
