import { checkClock } from './clock.js';

describe('checkClock', () => {
  it.each([0, 1_000, -999])('is content with %i ms', (clockOffsetMs) => {
    expect(checkClock({ clockOffsetMs })).toMatchObject([{ level: 'ok' }]);
  });

  it.each([
    [1_500, '1.5 s ahead of'],
    [-90_000, '90.0 s behind'],
  ])('warns of %i ms', (clockOffsetMs, message) => {
    expect(checkClock({ clockOffsetMs })).toMatchObject([
      { level: 'warning', message: expect.stringContaining(message) },
    ]);
  });
});
