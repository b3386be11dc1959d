import { checkLatency } from './latency.js';

const pings = (most: number, rest: number) => [...Array.from({ length: 49 }, () => most), rest];

describe('checkLatency', () => {
  it.each([
    [pings(0.1, 0.2), 'ok', 'takes 0.10 ms'],
    [pings(4.9, 49), 'ok', 'p99 49.00 ms'],
    [pings(5, 5), 'warning', 'far away'],
    [pings(0.1, 60), 'warning', 'stalls'],
  ])('judges the median and the slowest', (pingsMs, level, message) => {
    expect(checkLatency({ pingsMs })).toMatchObject([{ level, message: expect.stringContaining(message) }]);
  });
});
