import { fitLine, median, percentile, summarise } from './statistics.js';

describe('percentile', () => {
  it('is the smallest measured value that so large a share does not exceed', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([0, 0.5, 0.99, 1].map((share) => percentile(values, share))).toEqual([1, 50, 99, 100]);
    expect(percentile([10, 2, 33], 0.5)).toBe(10);
  });

  it('has no answer for nothing', () => {
    expect(() => percentile([], 0.5)).toThrow('no value');
  });
});

describe('median', () => {
  it('is the middle, or the mean of the two in the middle', () => {
    expect(median([9, 1, 10])).toBe(9);
    expect(median([4, 1, 3, 10])).toBe(3.5);
  });
});

describe('fitLine', () => {
  const line = (ys: readonly number[]) => fitLine(ys.map((y, index) => ({ x: index + 5, y })));

  it('is the line itself where there is one', () => {
    const { slope, error } = line([1, 3, 5, 7]);
    expect(slope).toBeCloseTo(2);
    expect(error).toBeCloseTo(0);
  });

  it('is the one that fits best where there is none, and says how badly', () => {
    const { slope, error } = line([0, 2, 0, 2]);
    // By hand: (-1.5 * 0 - 0.5 * 2 + 0.5 * 0 + 1.5 * 2) / 5, and residuals whose squares add up to 3.2.
    expect(slope).toBeCloseTo(0.4);
    expect(error).toBeCloseTo(Math.sqrt(3.2 / 2 / 5));
  });

  it('needs three points', () => {
    expect(() => line([1, 2])).toThrow('three points');
    expect(() => fitLine([1, 2, 3].map((y) => ({ x: 1, y })))).toThrow('three points');
  });
});

describe('summarise', () => {
  it('takes each key by itself', () => {
    const rounds = [
      { rps: 3, p50: 1 },
      { rps: 1, p50: 2 },
      { rps: 2, p50: 9 },
    ];
    expect(summarise(rounds)).toEqual({
      rps: { median: 2, min: 1, max: 3 },
      p50: { median: 2, min: 1, max: 9 },
    });
  });

  it('refuses repetitions that did not measure the same', () => {
    expect(() => summarise([{ rps: 1 }, {}])).toThrow('no rps');
  });
});
