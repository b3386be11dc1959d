import fc from 'fast-check';
import { requestsInTime } from './rows-in-time.js';

const predict = (rows: number) => 4 + rows;
const ones = (...expiresAt: number[]) => expiresAt.map((each) => ({ rows: 1, expiresAt: each }));

it.each([
  ['all, while no deadline is near', ones(1_000, 1_000, 1_000), 3],
  ['as many as the head has time for', ones(6, 1_000, 1_000), 2],
  ['the head alone, when it has time for no other', ones(5, 1_000, 1_000), 1],
  ['all, when the head is late even alone', ones(4, 1_000, 1_000), 3],
  ['as many as the second has time for, when the head is late anyway', ones(4, 6, 1_000, 1_000), 2],
  ['as many as one in the middle has time for', ones(1_000, 7, 1_000, 1_000), 3],
  ['none of none', [], 0],
])('runs %s', (_, requests, expected) => {
  expect(requestsInTime(requests, 0, predict)).toBe(expected);
});

it('counts rows, not requests', () => {
  const requests = [8, 8, 8].map((rows) => ({ rows, expiresAt: 20 }));
  expect(requestsInTime(requests, 0, predict)).toBe(2);
});

it('runs all while the cost is not known', () => {
  expect(requestsInTime(ones(1, 1, 1), 0, () => undefined)).toBe(3);
});

it('never breaks a deadline that a smaller batch keeps, and never shrinks for nothing', () => {
  const requests = fc.array(
    fc.record({ rows: fc.integer({ min: 1, max: 8 }), expiresAt: fc.integer({ min: 0, max: 100 }) }),
    { minLength: 1 },
  );
  fc.assert(
    fc.property(requests, (all) => {
      const endOf = (count: number) => predict(all.slice(0, count).reduce((sum, { rows }) => sum + rows, 0));
      const broken = (count: number) =>
        all.slice(0, count).some(({ expiresAt }, index) => endOf(index + 1) <= expiresAt && endOf(count) > expiresAt);
      const count = requestsInTime(all, 0, predict);
      expect(count).toBeGreaterThanOrEqual(1);
      expect(broken(count)).toBe(false);
      expect(count === all.length || broken(count + 1)).toBe(true);
    }),
  );
});
