import { NO_SUMS, withSample } from './log-sums.js';
import { meanDifference } from './mean-difference.js';

const sumsOf = (values: readonly number[]) =>
  values.reduce((sums, value) => withSample(sums, Math.exp(value)), NO_SUMS);
const sample = (values: readonly number[], independent = values.length) => ({ sums: sumsOf(values), independent });

/** Unequal variances; 27.9 degrees of freedom, of which t at 97.5 % is 2.0488; a standard error of 0.9922. */
const A = [27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4];
const B = [27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 30.5, 24.1];

it('is the interval of Welch', () => {
  const { estimate, lower, upper } = meanDifference(sample(A), sample(B), 1.959964);
  expect(estimate).toBeCloseTo(-2.8133, 4);
  expect(upper - estimate).toBeCloseTo(2.0488 * 0.9922, 2);
  expect(estimate - lower).toBeCloseTo(upper - estimate, 10);
});

it('is wider where samples are not independent', () => {
  const width = (independent: number) => {
    const { lower, upper } = meanDifference(sample(A, independent), sample(B, independent), 2);
    return upper - lower;
  };
  expect(width(5)).toBeGreaterThan(width(15) * Math.sqrt(3));
});

it('is a point where nothing varies', () => {
  const difference = meanDifference(sample([2, 2, 2]), sample([1, 1]), 5);
  expect(difference.estimate).toBeCloseTo(1, 10);
  expect(difference.lower).toBeCloseTo(1, 5);
  expect(difference.upper).toBeCloseTo(1, 5);
});
