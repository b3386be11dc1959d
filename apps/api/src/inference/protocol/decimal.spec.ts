import fc from 'fast-check';
import { longDecimal, shortDecimal } from './decimal.js';

const decimals = fc.integer({ min: 0, max: 22 });

const isUndecidedOr = (text: string, value: number) => Number.isNaN(value) || value === Number(text);

describe('a decimal', () => {
  it('of up to 15 digits is the double that the language makes of its text', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 15 - 1 }), decimals, (digits, after) => {
        expect(shortDecimal(digits, after)).toBe(Number(`${digits}e-${after}`));
      }),
      { numRuns: 5_000 },
    );
  });

  it('of 16 to 19 digits too, where it is decided', () => {
    const head = fc.integer({ min: 10 ** 14, max: 10 ** 15 - 1 });
    let undecided = 0;
    fc.assert(
      fc.property(head, fc.nat(9999), fc.integer({ min: 1, max: 4 }), decimals, (first, rest, length, after) => {
        const tail = rest % 10 ** length;
        const value = longDecimal(first, tail, length, after);
        if (Number.isNaN(value)) undecided += 1;
        expect(isUndecidedOr(`${first}${String(tail).padStart(length, '0')}e-${after}`, value)).toBe(true);
      }),
      { numRuns: 20_000 },
    );
    expect(undecided).toBeLessThan(1_000);
  });

  it('of 16 to 19 digits is not decided, or right, in the middle between two doubles', () => {
    // 2^53 + 1 and its like are such middles, exactly; one digit behind it decides.
    fc.assert(
      fc.property(fc.integer({ min: 2 ** 52, max: 2 ** 53 - 1 }), fc.constantFrom(0, 1, 9), (half, digit) => {
        const text = `${2n * BigInt(half) + 1n}${digit}`;
        const value = longDecimal(Number(text.slice(0, 15)), Number(text.slice(15)), text.length - 15, 1);
        expect(isUndecidedOr(`${text}e-1`, value)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });
});
