import fc from 'fast-check';
import { loot } from './loot.js';

it.each([
  [0, 32, 0],
  [1, 32, 1],
  [2, 32, 1],
  [7, 32, 4],
  [64, 32, 32],
  [1_000, 32, 32],
  [1_000, 1, 1],
])('of %i that wait, in batches of %i, a thief takes %i', (waiting, maxBatch, taken) => {
  expect(loot(waiting, maxBatch)).toBe(taken);
});

it('is some, never more than what waits or a batch, and the larger half of less than two batches', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 64 }), (waiting, maxBatch) => {
      const taken = loot(waiting, maxBatch);
      expect(taken).toBeGreaterThanOrEqual(1);
      expect(taken).toBeLessThanOrEqual(Math.min(waiting, maxBatch));
      expect(taken === maxBatch || [0, 1].includes(taken - (waiting - taken))).toBe(true);
    }),
  );
});
