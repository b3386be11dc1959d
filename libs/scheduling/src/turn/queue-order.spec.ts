import fc from 'fast-check';
import { orderQueues, type QueueHead } from './queue-order.js';

const head = (queue: string, enqueuedAt: number, expiresAt: number, waiting = 1): QueueHead => ({
  queue,
  waiting,
  enqueuedAt,
  expiresAt,
});

describe('the order of queues', () => {
  it.each([
    ['by deadline', [head('a', 0, 90), head('b', 5, 70), head('c', 1, 80)], ['b', 'c', 'a']],
    ['by age among equal deadlines', [head('a', 9, 90), head('b', 5, 90)], ['b', 'a']],
    ['by age when none has a deadline', [head('a', 9, Infinity), head('b', 5, Infinity)], ['b', 'a']],
    ['first what was passed over for too long', [head('a', 5, 12), head('b', -91, 9_000)], ['b', 'a']],
    ['the oldest of those first', [head('a', -95, 12), head('b', -99, 9_000)], ['b', 'a']],
    ['without those that are empty', [head('a', 0, 90, 0), head('b', 0, 95)], ['b']],
    ['without any when none has work', [], []],
  ])('is %s', (_, heads, expected) => {
    expect(orderQueues(heads, 10, { passOverMs: 100 })).toEqual(expected);
  });

  it('passes no queue over for ever: past the limit only older requests go first', () => {
    const arrival = fc.record({
      queue: fc.constantFrom('a', 'b', 'c'),
      after: fc.integer({ min: 0, max: 15 }),
      timeout: fc.integer({ min: 0, max: 500 }),
    });
    const arrivals = fc.array(arrival, { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 0, max: 200 }), (all, passOverMs) => {
        const waiting = scheduled(all);
        for (let now = 0; waiting.length > 0; now += 10) {
          const heads = headsOf(waiting.filter(({ enqueuedAt }) => enqueuedAt <= now));
          const [first] = orderQueues(heads, now, { passOverMs });
          const served = heads.find(({ queue }) => queue === first);
          if (!served) continue;
          const overdue = heads.filter(({ enqueuedAt }) => now - enqueuedAt > passOverMs);
          for (const each of overdue) expect(served.enqueuedAt).toBeLessThanOrEqual(each.enqueuedAt);
          waiting.splice(waiting.indexOf(served), 1);
        }
      }),
    );
  });
});

function scheduled(arrivals: readonly { queue: string; after: number; timeout: number }[]): QueueHead[] {
  let at = 0;
  return arrivals.map(({ queue, after, timeout }) => head(queue, (at += after), at + timeout));
}

/** The first of each queue, in the order of arrival. */
function headsOf(waiting: readonly QueueHead[]): QueueHead[] {
  return waiting.filter(({ queue }, index) => waiting.findIndex((other) => other.queue === queue) === index);
}
