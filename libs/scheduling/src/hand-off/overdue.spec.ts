import { isOverdue } from './overdue.js';

it.each([
  [1_049, 5, false],
  [1_050, 5, false],
  [1_051, 5, true],
  [21_000, 2_000, false],
  [21_001, 2_000, true],
  [1_001, 0, true],
  [60_000, undefined, false],
  [60_001, undefined, true],
])('after %i ms a run that should take %s is overdue: %s', (elapsedMs, predictedMs, overdue) => {
  expect(isOverdue({ elapsedMs, predictedMs })).toBe(overdue);
});
