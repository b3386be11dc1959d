import { JobIds, timeOfJobId } from './job-id.js';

describe('JobIds', () => {
  it('sorts by time, and within a millisecond by order, also when the clock goes back', () => {
    let now = 1_700_000_000_000;
    const ids = new JobIds(() => now, Math.random);
    const made = Array.from({ length: 50_000 }, (_, index) => {
      if (index === 30_000) now += 5;
      if (index === 40_000) now -= 1_000;
      return ids.next();
    });
    expect(made).toEqual(made.toSorted());
    expect(new Set(made).size).toBe(made.length);
  });

  it('is what BullMQ accepts: no integer, no colon', () => {
    // Redis' clock has microseconds.
    const id = new JobIds(() => Date.now() + 0.25, Math.random).next();
    expect(id).toMatch(/^[0-9a-z]{20}$/);
    expect(String(Number.parseInt(id, 10))).not.toBe(id);
  });

  it('carries its time', () => {
    const id = new JobIds(() => 1_700_000_000_123.9, Math.random).next();
    expect(timeOfJobId(id)).toBe(1_700_000_000_123);
    expect(timeOfJobId('12')).toBeUndefined();
    expect(timeOfJobId(`${id}x`)).toBeUndefined();
  });
});
