import { shouldRaise } from './levels.js';

it.each([
  [3, 99, false],
  [3, 100, true],
  [2, 500, true],
  [1, 500, false],
])('a request of level %i that has waited for %i ms is raised: %s', (level, waitedMs, raised) => {
  expect(shouldRaise(1_000, level, 1_000 + waitedMs, 100)).toBe(raised);
});
