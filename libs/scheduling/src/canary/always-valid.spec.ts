import { alwaysValidZ } from './always-valid.js';

it('is wider than a single look needs, and not by much', () => {
  for (const samples of [20, 200, 2_000, 20_000]) {
    const z = alwaysValidZ(samples, 0.001, 100);
    expect(z).toBeGreaterThan(3.09);
    expect(z).toBeLessThan(5);
  }
});

it('grows with the certainty that is asked for', () => {
  expect(alwaysValidZ(200, 0.0001, 100)).toBeGreaterThan(alwaysValidZ(200, 0.01, 100));
});

it('says nothing of no samples', () => {
  expect(alwaysValidZ(0, 0.01, 100)).toBe(Infinity);
});
