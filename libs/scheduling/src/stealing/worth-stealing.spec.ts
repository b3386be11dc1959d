import { worthStealing } from './worth-stealing.js';

it.each([
  ['what would start as soon with its owner', 100, 100, false],
  ['what would start sooner with the thief', 101, 100, true],
  ['what waits for an owner that is gone', Infinity, 5_000, true],
  ['what the thief cannot run', 5_000, Infinity, false],
  ['what neither can run', Infinity, Infinity, false],
])('a thief takes %s: %s', (_, victimWaitMs, costMs, worth) => {
  expect(worthStealing({ victimWaitMs, costMs })).toBe(worth);
});
