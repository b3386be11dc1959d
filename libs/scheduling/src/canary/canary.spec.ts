import { GOOD, LIMITS, seeded, simulateCanary } from './canary.fixture.js';

const rounds = <T>(count: number, round: (random: () => number) => T) =>
  Array.from({ length: count }, (_, seed) => round(seeded(seed + 1)));

const quantile = (values: readonly number[], q: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))]!;

it('lets an equal version through, 995 times of 1000 at least', () => {
  const ends = rounds(2_000, (random) => simulateCanary(GOOD, GOOD, random));
  const stopped = ends.filter(({ breach }) => breach !== undefined);
  expect(stopped.length / ends.length).toBeLessThan(0.005);
}, 60_000);

it.each([
  ['fails as often as is just allowed', { errors: GOOD.errors + LIMITS.maxErrorRate, slower: 1 }],
  ['takes as long as is just allowed', { ...GOOD, slower: LIMITS.maxLatencyRatio }],
])(
  'stops one that %s not more often than it may',
  (_, candidate) => {
    // Nothing passes here, so that all is looked at until the end.
    const ends = rounds(400, (random) => simulateCanary(GOOD, candidate, random));
    const stopped = ends.filter(({ breach }) => breach !== undefined);
    expect(stopped.length / ends.length).toBeLessThan(0.01);
  },
  60_000,
);

it.each([
  ['5 times slower', { ...GOOD, slower: 5 }, 20, 40, 'times as long'],
  ['twice as slow', { ...GOOD, slower: 2 }, 800, 2_500, 'times as long'],
  ['5 % more errors', { ...GOOD, errors: 0.052 }, 200, 1_000, 'requests failed'],
  ['all errors', { errors: 1, slower: 1 }, 8, 16, 'requests failed'],
])(
  'always stops one with %s, after so many of its requests',
  (_what, candidate, median, most, why) => {
    const ends = rounds(200, (random) => simulateCanary(GOOD, candidate, random));
    const requests = ends.map((end) => end.requests);
    for (const { breach } of ends) expect(breach).toContain(why);
    expect(quantile(requests, 0.5)).toBeLessThanOrEqual(median);
    expect(Math.max(...requests)).toBeLessThanOrEqual(most);
  },
  60_000,
);
