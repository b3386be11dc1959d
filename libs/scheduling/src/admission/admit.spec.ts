import fc from 'fast-check';
import { admit } from './admit.js';

describe('admission', () => {
  it.each([
    ['it need not wait', { waitMs: 0, runMs: 10, timeoutMs: 100 }],
    [
      'it need not wait, even if it seems too slow: the prediction may be wrong',
      { waitMs: 0, runMs: 10, timeoutMs: 1 },
    ],
    ['wait, a tenth of it, the run in progress and its own fit', { waitMs: 80, runMs: 6, timeoutMs: 100 }],
    ['it has all the time in the world', { waitMs: 1e9, runMs: 1e6, timeoutMs: Infinity }],
  ])('takes a request in when %s', (_, request) => {
    expect(admit(request)).toBeUndefined();
  });

  it.each([
    ['the wait alone is too long', { waitMs: 200, runMs: 10, timeoutMs: 100 }, 128],
    ['it fits only if nothing goes wrong', { waitMs: 85, runMs: 6, timeoutMs: 100 }, 5],
    ['its run is too long: once nothing waits, it is tried', { waitMs: 30, runMs: 200, timeoutMs: 100 }, 30],
    ['nobody serves it', { waitMs: Infinity, runMs: 1, timeoutMs: 100 }, 60_000],
    ['its deadline is over', { waitMs: 10, runMs: 1, timeoutMs: -5 }, 10],
  ])('refuses one when %s, and says when to come again', (_, request, retryAfterMs) => {
    expect(admit(request)).toEqual({ retryAfterMs });
  });

  it('keeps its word: after that time it is taken in, if nothing else came', () => {
    const ms = fc.double({ min: 0, max: 100_000, noNaN: true });
    fc.assert(
      fc.property(ms, ms, ms, (waitMs, runMs, timeoutMs) => {
        const refusal = admit({ waitMs, runMs, timeoutMs });
        if (!refusal) return;
        const { retryAfterMs } = refusal;
        expect(Number.isInteger(retryAfterMs)).toBe(true);
        expect(retryAfterMs).toBeGreaterThanOrEqual(1);
        expect(retryAfterMs).toBeLessThanOrEqual(60_000);
        const then = admit({ waitMs: Math.max(0, waitMs - retryAfterMs), runMs, timeoutMs });
        expect(then === undefined || retryAfterMs === 60_000).toBe(true);
      }),
    );
  });
});
