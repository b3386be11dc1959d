import { rateDifference } from './rate-difference.js';

/** Examples of Newcombe, Statistics in Medicine 17 (1998), table II, method 10; 95 %. */
it.each([
  [56, 70, 48, 80, 0.0524, 0.3339],
  [9, 10, 3, 10, 0.1705, 0.809],
  [5, 56, 0, 29, -0.0381, 0.1926],
  [0, 10, 0, 20, -0.1611, 0.2775],
  [10, 10, 0, 20, 0.6791, 1],
])('%i of %i and %i of %i', (failed, answered, otherFailed, otherAnswered, lower, upper) => {
  const one = { answered, failed };
  const other = { answered: otherAnswered, failed: otherFailed };
  const difference = rateDifference(one, other, 1.959964);
  expect(difference.estimate).toBeCloseTo(failed / answered - otherFailed / otherAnswered, 10);
  expect(difference.lower).toBeCloseTo(lower, 3);
  expect(difference.upper).toBeCloseTo(upper, 3);
});
