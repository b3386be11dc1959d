import { seededRandom } from '@sluice/onnx-writer';
import { zipf } from './zipf.js';

describe('zipf', () => {
  it('draws each rank as often as its power says', () => {
    const COUNT = 5;
    const DRAWS = 100_000;
    const draw = zipf(COUNT, 1.1, seededRandom(7));
    const seen = Array.from({ length: COUNT }, () => 0);
    for (let time = 0; time < DRAWS; time++) seen[draw() - 1]!++;
    const total = seen.map((_, index) => (index + 1) ** -1.1).reduce((sum, each) => sum + each);
    for (const [index, times] of seen.entries()) expect(times / DRAWS).toBeCloseTo((index + 1) ** -1.1 / total, 2);
  });

  it('reaches the first and the last, and nothing beyond', () => {
    expect(zipf(3, 1, () => 0)()).toBe(1);
    expect(zipf(3, 1, () => 1 - Number.EPSILON)()).toBe(3);
  });
});
