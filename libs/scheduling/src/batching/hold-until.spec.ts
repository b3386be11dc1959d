import { holdUntil } from './hold-until.js';

const batch = { now: 100, oldestAt: 97, rows: 3, maxRows: 16, preferredRows: [], maxQueueDelayMs: 10 };

it.each([
  ['at once when no delay is configured', { maxQueueDelayMs: 0 }, 100],
  ['when the oldest has waited for as long as is configured', {}, 107],
  ['at once when the oldest has waited for longer', { oldestAt: 50 }, 100],
  ['at once when it is full', { rows: 16 }, 100],
  ['at once when it is more than full', { rows: 17 }, 100],
  ['at once at a preferred size', { rows: 4, preferredRows: [8, 4] }, 100],
  ['at once beyond a preferred size', { rows: 5, preferredRows: [8, 4] }, 100],
  ['after the delay below every preferred size', { rows: 3, preferredRows: [8, 4] }, 107],
  ['at once when it is full, whatever is preferred beyond that', { rows: 16, preferredRows: [32] }, 100],
])('a batch starts %s', (_, change, expected) => {
  expect(holdUntil({ ...batch, ...change })).toBe(expected);
});
