import { SluiceError } from '@sluice/contracts';
import { readDeadline } from './deadline-header.js';

describe('x-sluice-deadline-ms', () => {
  it.each([
    [undefined, undefined],
    ['1', 1],
    ['0250', 250],
    ['86400000', 86_400_000],
  ])('takes %j', (header, ms) => {
    expect(readDeadline(header)).toBe(ms);
  });

  it.each(['0', '-1', '1.5', '', ' ', '1e3', '0x10', 'soon', 'NaN', 'Infinity', '86400001', '9'.repeat(30), '5, 6'])(
    'refuses %j, with its name and what is allowed',
    (header) => {
      const message = `x-sluice-deadline-ms: expected whole milliseconds from 1 to 86400000 (a day), got '${header}'`;
      expect(() => readDeadline(header)).toThrow(new SluiceError('invalid_request', message));
    },
  );
});
