import { nextRestart, RESTART_BACKOFF } from './restart-backoff.js';

describe('nextRestart', () => {
  it('doubles from 0.5 s to 10 s', () => {
    const delays: number[] = [];
    let deathsInARow = 0;
    for (let death = 0; death < 7; death += 1) {
      const next = nextRestart(RESTART_BACKOFF, deathsInARow, 100);
      delays.push(next.delayMs);
      ({ deathsInARow } = next);
    }
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  it('starts over once the process has lived for 30 s', () => {
    expect(nextRestart(RESTART_BACKOFF, 5, 30_000)).toEqual({ delayMs: 500, deathsInARow: 1 });
    expect(nextRestart(RESTART_BACKOFF, 5, 29_999)).toEqual({ delayMs: 10_000, deathsInARow: 6 });
  });
});
