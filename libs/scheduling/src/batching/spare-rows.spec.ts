import { spareRows } from './spare-rows.js';

const cost = (perRowMs: number) => ({ fixedMs: 4, perRowMs, error: undefined, observations: 0 });

it.each([
  [0.25, 3, 12],
  [0.4, 3, 7],
  [5, 3, 0],
  [0.25, 0, 0],
])('of rows that take %f ms there are %f ms worth: %i', (perRowMs, wakeMs, rows) => {
  expect(spareRows(cost(perRowMs), wakeMs)).toBe(rows);
});

it('is none while the cost is not known', () => {
  expect(spareRows(undefined, 3)).toBe(0);
});

it('is a number to calculate with where rows cost nothing', () => {
  expect(Math.min(32, 7 + spareRows(cost(0), 3))).toBe(32);
  expect(spareRows(cost(1e-300), 3)).toBeLessThan(Number.MAX_SAFE_INTEGER);
  expect(spareRows(cost(0), 0)).toBe(0);
});
