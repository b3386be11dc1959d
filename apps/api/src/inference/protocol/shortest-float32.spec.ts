import * as fc from 'fast-check';
import { shortestFloat32 } from './shortest-float32.js';

const float32 = fc.float({ noNaN: true, noDefaultInfinity: true });

describe('shortestFloat32', () => {
  it.each([
    [0.1, '0.1'],
    [-0.1, '-0.1'],
    [1 / 3, '0.33333334'],
    [0.123, '0.123'],
    [16_777_216, '16777216'],
    [1e10, '10000000000'],
    [3.4028234663852886e38, '3.4028235e+38'],
    [1.1754943508222875e-38, '1.1754944e-38'],
    [1.401298464324817e-45, '1e-45'],
    [1e-20, '1e-20'],
    [0, '0'],
  ])('%f', (value, text) => {
    expect(JSON.stringify(shortestFloat32(Math.fround(value)))).toBe(text);
  });

  it('reads back as the same float, for any float', () => {
    fc.assert(
      fc.property(float32, (value) => {
        expect(Math.fround(Number(JSON.stringify(shortestFloat32(value)))) === value).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });

  it('has no more digits than the shortest text that a search finds', () => {
    fc.assert(
      fc.property(float32, (value) => {
        let digits = 1;
        while (Math.fround(Number(value.toPrecision(digits))) !== value) digits++;
        expect(significantDigits(shortestFloat32(value))).toBeLessThanOrEqual(digits);
      }),
      { numRuns: 5000 },
    );
  });
});

function significantDigits(value: number): number {
  const [mantissa = ''] = value.toExponential().split('e');
  return mantissa.replace(/[-.]/g, '').length;
}
