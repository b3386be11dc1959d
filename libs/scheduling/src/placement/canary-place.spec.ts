import { canaryPlace } from './canary-place.js';

const keys = Array.from({ length: 10_000 }, (_, index) => `user-${index}`);

describe('the place of a key', () => {
  it.each([1, 5, 25, 50])('is below %i percent for about so many of all keys', (percent) => {
    const below = keys.filter((key) => canaryPlace('digits', key) < percent).length;
    // Five standard deviations of a draw.
    const tolerance = 5 * Math.sqrt(keys.length * (percent / 100) * (1 - percent / 100));
    expect(Math.abs(below - (keys.length * percent) / 100)).toBeLessThan(tolerance);
  });

  it('is the same every time, and another one for another model', () => {
    expect(canaryPlace('digits', 'user-1')).toBe(canaryPlace('digits', 'user-1'));
    const moved = keys.filter((key) => canaryPlace('digits', key) < 5 !== canaryPlace('faces', key) < 5);
    expect(moved.length).toBeGreaterThan(500);
  });
});
