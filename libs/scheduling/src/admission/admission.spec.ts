import fc from 'fast-check';
import { CallerBudget, type CallerLimits } from './caller-budget.js';
import { TokenBucket } from './token-bucket.js';

const UNLIMITED: CallerLimits = { requestsPerSecond: Infinity, concurrency: Infinity, queuedBytes: Infinity };

describe('a token bucket', () => {
  it('lets a second’s worth through at once, then one token at a time', () => {
    const bucket = new TokenBucket();
    expect(Array.from({ length: 5 }, () => bucket.take(4, 1000))).toEqual([0, 0, 0, 0, 250]);
    expect(bucket.take(4, 1249)).toBe(1);
    expect(bucket.take(4, 1250)).toBe(0);
    expect(bucket.take(4, 1250)).toBe(250);
  });

  it('bears rates below one a second', () => {
    const bucket = new TokenBucket();
    expect(bucket.take(0.1, 0)).toBe(0);
    expect(bucket.take(0.1, 4000)).toBe(6000);
    expect(bucket.take(0.1, 10_000)).toBe(0);
  });

  it('never lets more through than the rate and one burst, and keeps its word about when to come again', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 50, noNaN: true }), gaps, (rate, waits) => {
        const bucket = new TokenBucket();
        let now = 0;
        let taken = 0;
        for (const wait of waits) {
          now += wait;
          const again = bucket.take(rate, now);
          now += again;
          // A rounding error may be left, and costs at most one more millisecond.
          const still = again > 0 ? bucket.take(rate, now) : 0;
          expect(still).toBeLessThanOrEqual(1);
          if (still === 0) taken += 1;
          expect(taken).toBeLessThanOrEqual(Math.max(1, rate) + (rate * now) / 1000 + 1e-6);
        }
      }),
    );
  });
});

describe('the budget of a caller', () => {
  it('has as many in flight as it may, and room again when one leaves', () => {
    const budget = new CallerBudget();
    const limits = { ...UNLIMITED, concurrency: 2 };
    expect(budget.enter(limits, 0, 0)).toBeUndefined();
    expect(budget.enter(limits, 0, 0)).toBeUndefined();
    expect(budget.enter(limits, 0, 0)).toEqual({ limit: 'concurrency', retryAfterMs: undefined });
    budget.leave(0);
    expect(budget.enter(limits, 0, 0)).toBeUndefined();
  });

  it('uses no token up for a request that is refused for another reason', () => {
    const budget = new CallerBudget();
    const limits = { requestsPerSecond: 1, concurrency: 1, queuedBytes: 10 };
    expect(budget.enter(limits, 11, 0)?.limit).toBe('queuedBytes');
    expect(budget.enter(limits, 10, 0)).toBeUndefined();
    expect(budget.enter(limits, 0, 0)?.limit).toBe('concurrency');
    budget.leave(10);
    expect(budget.enter(limits, 0, 0)).toEqual({ limit: 'requestsPerSecond', retryAfterMs: 1000 });
    expect(budget.enter(limits, 0, 1000)).toBeUndefined();
  });

  it('never holds more than its limits, whatever comes and goes', () => {
    const step = fc.record({ bytes: fc.nat(60), later: fc.nat(30), leaves: fc.boolean() });
    const limits = { requestsPerSecond: Infinity, concurrency: 4, queuedBytes: 100 };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const budget = new CallerBudget();
        const inside: number[] = [];
        for (const { bytes, later, leaves } of steps) {
          const sum = inside.reduce((total, held) => total + held, 0);
          const fits = inside.length < limits.concurrency && sum + bytes <= limits.queuedBytes;
          expect(budget.enter(limits, bytes, 0) === undefined).toBe(fits);
          const fitsLater = fits && sum + bytes + later <= limits.queuedBytes;
          expect(fits && budget.hold(limits, later) === undefined).toBe(fitsLater);
          if (fits) inside.push(bytes + (fitsLater ? later : 0));
          const gone = leaves ? inside.shift() : undefined;
          if (gone !== undefined) budget.leave(gone);
        }
      }),
    );
  });
});
