import fc from 'fast-check';
import { leaseNotBefore } from './late-binding.js';
import { mayJoin, rowsOf, type Batchable } from './may-join.js';
import { runningAverage } from './running-average.js';

const request = fc.record({
  batchKey: fc.constantFrom('a', 'b'),
  rows: fc.integer({ min: 1, max: 8 }),
  alone: fc.boolean(),
});

describe('mayJoin', () => {
  it('never lets a batch mix keys, exceed its rows, or keep company with one that runs alone', () => {
    fc.assert(
      fc.property(fc.array(request), fc.integer({ min: 8, max: 32 }), (requests, maxRows) => {
        const batch: Batchable[] = [];
        for (const candidate of requests) if (mayJoin(batch, candidate, maxRows)) batch.push(candidate);
        expect(new Set(batch.map(({ batchKey }) => batchKey)).size).toBeLessThanOrEqual(1);
        expect(rowsOf(batch)).toBeLessThanOrEqual(maxRows);
        expect(batch.length === 1 || batch.every(({ alone }) => !alone)).toBe(true);
      }),
    );
  });

  it('fills a batch to the last row', () => {
    const one = { batchKey: 'a', rows: 1, alone: false };
    const ones = (count: number) => Array.from({ length: count }, () => one);
    expect(mayJoin(ones(31), one, 32)).toBe(true);
    expect(mayJoin(ones(32), one, 32)).toBe(false);
    expect(mayJoin(ones(30), { ...one, rows: 3 }, 32)).toBe(false);
  });
});

describe('leaseNotBefore', () => {
  it('is early enough for leasing, and not earlier', () => {
    expect(leaseNotBefore({ startedAt: 100, expectedMs: 50 }, 5)).toBe(140);
    expect(leaseNotBefore({ startedAt: 100, expectedMs: 50 }, 0.1)).toBe(147);
  });

  it('is at once for a short run, and for one of unknown length', () => {
    expect(leaseNotBefore({ startedAt: 100, expectedMs: 2 }, 5)).toBe(100);
    expect(leaseNotBefore({ startedAt: 100, expectedMs: undefined }, 5)).toBe(100);
  });
});

it('runningAverage starts at the first value and follows', () => {
  expect(runningAverage(undefined, 10)).toBe(10);
  expect(runningAverage(10, 20, 0.5)).toBe(15);
});
