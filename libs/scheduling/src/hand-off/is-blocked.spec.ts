import fc from 'fast-check';
import { isBlocked } from './is-blocked.js';
import { isOverdue } from './overdue.js';

it.each([
  [10, 10, false],
  [220, 10, false],
  [221, 10, true],
  [2_200, 1_000, false],
  [2_201, 1_000, true],
  [800, undefined, false],
  [801, undefined, true],
])('a run of %i ms that was to take %s blocks what waits: %s', (elapsedMs, predictedMs, expected) => {
  expect(isBlocked({ elapsedMs, predictedMs })).toBe(expected);
});

it('comes before the run is given up', () => {
  const run = fc.record({
    elapsedMs: fc.integer({ min: 0, max: 100_000 }),
    predictedMs: fc.option(fc.integer({ min: 0, max: 5_000 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(run, (each) => {
      expect(!isOverdue(each) || isBlocked(each)).toBe(true);
    }),
  );
});
