import fc from 'fast-check';
import { coldStart } from './cold-start.js';

it.each([
  ['the load fits', { loadMs: 1_000, decisionMs: 0, queuedLoads: 0, timeoutMs: 1_500 }, undefined],
  ['the load fits hardly', { loadMs: 1_000, decisionMs: 0, queuedLoads: 0, timeoutMs: 1_499 }, 1],
  ['others load before', { loadMs: 1_000, decisionMs: 0, queuedLoads: 2, timeoutMs: 1_500 }, 2_000],
  ['others are decided before', { loadMs: 1_000, decisionMs: 500, queuedLoads: 1, timeoutMs: 1_500 }, 2_000],
  ['it fits hardly, and has not begun', { loadMs: 1_000, decisionMs: 2_500, queuedLoads: 0, timeoutMs: 5_249 }, 2_500],
  ['it takes longer than anybody knows', { loadMs: 90_000, decisionMs: 0, queuedLoads: 0, timeoutMs: 1_500 }, 60_000],
  ['the deadline is over', { loadMs: 10, decisionMs: 0, queuedLoads: 0, timeoutMs: -5 }, 10],
  ['nobody knows how long it loads', { loadMs: undefined, decisionMs: 1, queuedLoads: 9, timeoutMs: 1 }, undefined],
])('a request for a cold model when %s', (_, request, retryAfterMs) => {
  expect(coldStart(request)).toEqual(retryAfterMs === undefined ? { admit: true } : { admit: false, retryAfterMs });
});

it('keeps its word: after that time the load has begun, and the same request may wait for it', () => {
  const ms = fc.double({ min: 1, max: 50_000, noNaN: true });
  fc.assert(
    fc.property(ms, ms, fc.nat(5), ms, (loadMs, decisionMs, queuedLoads, timeoutMs) => {
      const refusal = coldStart({ loadMs, decisionMs, queuedLoads, timeoutMs });
      if (refusal.admit || refusal.retryAfterMs === 60_000) return;
      const { retryAfterMs } = refusal;
      expect(Number.isInteger(retryAfterMs)).toBe(true);
      expect(retryAfterMs).toBeGreaterThanOrEqual(1);
      const begunMs = queuedLoads * (decisionMs + loadMs) + decisionMs;
      expect(retryAfterMs).toBeGreaterThanOrEqual(begunMs);
      const leftMs = Math.max(0, begunMs + loadMs - retryAfterMs);
      expect(coldStart({ loadMs: leftMs, decisionMs: 0, queuedLoads: 0, timeoutMs })).toEqual({ admit: true });
    }),
  );
});

it('admits nobody who would be late by a load that takes half as long again', () => {
  const ms = fc.integer({ min: 1, max: 50_000 });
  fc.assert(
    fc.property(ms, ms, fc.nat(5), ms, (loadMs, decisionMs, queuedLoads, timeoutMs) => {
      if (!coldStart({ loadMs, decisionMs, queuedLoads, timeoutMs }).admit) return;
      expect(1.5 * (queuedLoads + 1) * (decisionMs + loadMs)).toBeLessThanOrEqual(timeoutMs + 1e-6);
    }),
  );
});
