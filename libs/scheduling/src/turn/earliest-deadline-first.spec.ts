import fc from 'fast-check';
import { earliestDeadlineFirst } from './earliest-deadline-first.js';

it('runs by level, then by deadline, then as it came', () => {
  const leased = [
    { id: 'late', level: 2, expiresAt: 90 },
    { id: 'soon', level: 2, expiresAt: 50 },
    { id: 'never', level: 2, expiresAt: Infinity },
    { id: 'never either', level: 2, expiresAt: Infinity },
    { id: 'soon too', level: 2, expiresAt: 50 },
    { id: 'urgent', level: 1, expiresAt: 99 },
  ];
  expect(earliestDeadlineFirst(leased).map(({ id }) => id)).toEqual([
    'urgent',
    'soon',
    'soon too',
    'late',
    'never',
    'never either',
  ]);
});

it('is never later with any request than another order is with its latest', () => {
  const lateness = (order: readonly { expiresAt: number }[]) =>
    Math.max(...order.map(({ expiresAt }, index) => index + 1 - expiresAt));
  const leased = fc.array(fc.record({ level: fc.constant(1), expiresAt: fc.nat(10) }), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(leased, (requests) => {
      expect(lateness(earliestDeadlineFirst(requests))).toBeLessThanOrEqual(lateness(requests));
    }),
  );
});
