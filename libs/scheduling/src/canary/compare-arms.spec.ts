import { NO_ARM, type Arm } from './arm.js';
import { compareArms, type CanaryLimits } from './compare-arms.js';
import { NO_SUMS, withSample } from './log-sums.js';

const LIMITS: CanaryLimits = { minSamples: 100, maxErrorRate: 0.01, maxLatencyRatio: 1.5, steps: 3 };

/** Alternating a little around `ms`; one run for each `rows` requests. */
function arm(answered: number, { failed = 0, ms = 10, deviceMs = 5, rows = 1 } = {}): Arm {
  let [latency, compute, sizes] = [NO_SUMS, NO_SUMS, NO_SUMS];
  for (let index = 0; index < answered - failed; index++) {
    const factor = index % 2 === 0 ? 1.1 : 0.9;
    latency = withSample(latency, ms * factor);
    if (index % rows > 0) continue;
    compute = withSample(compute, deviceMs * factor);
    sizes = withSample(sizes, rows);
  }
  return { answered, failed, latency, compute, rows: sizes };
}

it('knows nothing of nothing', () => {
  expect(compareArms(NO_ARM, NO_ARM, LIMITS).verdict).toBe('undecided');
  expect(compareArms(arm(1_000), NO_ARM, LIMITS).verdict).toBe('undecided');
});

it('passes what is alike, once there are enough requests of both', () => {
  expect(compareArms(arm(5_000), arm(600), LIMITS)).toEqual({
    verdict: 'pass',
    says: expect.stringMatching(/^0\.0 % of 600 requests failed .* takes 1\.00 times as long .*; a run takes 1\.00/),
  });
  expect(compareArms(arm(5_000), arm(99), LIMITS)).toEqual({
    verdict: 'undecided',
    says: '99 requests on the candidate, 5000 on the live version, of 100 each',
  });
  expect(compareArms(arm(99), arm(5_000), LIMITS).verdict).toBe('undecided');
});

it('does not pass what may still fail more than allowed', () => {
  expect(compareArms(arm(5_000), arm(150), LIMITS)).toEqual({
    verdict: 'undecided',
    says: expect.stringContaining('may still be 2.5 % more'),
  });
});

it.each([
  ['all of the first dozen fail', arm(500), arm(12, { failed: 12 }), '100.0 % of 12 requests failed'],
  ['more fail', arm(5_000, { failed: 10 }), arm(1_000, { failed: 50 }), 'and 1.0 % more is allowed'],
  ['requests take longer', arm(1_000), arm(60, { ms: 40, deviceMs: 5 }), 'a request takes 4.00 times as long'],
  ['runs take longer', arm(1_000), arm(60, { ms: 10, deviceMs: 25 }), 'a run takes 5.00 times as long'],
  ['alone, it fails', NO_ARM, arm(500, { failed: 50 }), 'of 0 on the live version'],
])('a breach: %s', (_, live, candidate, says) => {
  expect(compareArms(live, candidate, LIMITS)).toEqual({ verdict: 'breach', says: expect.stringContaining(says) });
});

it.each([
  ['faster', arm(1_000), arm(500, { ms: 3 })],
  ['more reliable', arm(1_000, { failed: 100 }), arm(500)],
  ['as unreliable', arm(9_000, { failed: 900 }), arm(9_000, { failed: 905 })],
  ['slower within the limit', arm(1_000), arm(500, { ms: 13 })],
  // 32 rows for the price of four.
  ['larger batches', arm(2_000), arm(3_200, { ms: 10, deviceMs: 20, rows: 32 })],
  ['smaller batches', arm(3_200, { ms: 10, deviceMs: 20, rows: 32 }), arm(500, { ms: 10, deviceMs: 5 })],
])('no breach: %s', (_, live, candidate) => {
  expect(compareArms(live, candidate, LIMITS).verdict).toBe('pass');
});

it('counts runs, not the requests that were in one', () => {
  const slow = { ms: 40, deviceMs: 5 };
  expect(compareArms(arm(1_000), arm(64, { ...slow, rows: 1 }), LIMITS).verdict).toBe('breach');
  expect(compareArms(arm(1_000), arm(64, { ...slow, rows: 16 }), LIMITS).verdict).toBe('undecided');
});

it('is more careful the more steps a canary has', () => {
  const [live, candidate] = [arm(2_000), arm(200, { failed: 12 })];
  expect(compareArms(live, candidate, { ...LIMITS, steps: 1 }).verdict).toBe('breach');
  expect(compareArms(live, candidate, { ...LIMITS, steps: 1_000_000 }).verdict).not.toBe('breach');
});
