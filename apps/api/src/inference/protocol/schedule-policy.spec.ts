import { SluiceError } from '@sluice/contracts';
import { readSchedulePolicy } from './schedule-policy.js';

describe('readSchedulePolicy', () => {
  it.each([
    ['nothing', {}, { priority: 100 }],
    ['the defaults', { priority: 0, timeout: 0 }, { priority: 100 }],
    ['the highest priority', { priority: 1 }, { priority: 1 }],
    ['the last priority', { priority: 2_097_151 }, { priority: 2_097_151 }],
    ['a timeout, in whole milliseconds', { timeout: 2_500_000 }, { priority: 100, timeoutMs: 2_500 }],
    ['a timeout below one of them', { timeout: 1 }, { priority: 100, timeoutMs: 1 }],
  ])('takes %s', (_, parameters, expected) => {
    expect(readSchedulePolicy(parameters)).toEqual(expected);
  });

  it.each([
    [
      { priority: -1 },
      "parameters['priority']: expected an integer from 0 to 2097151 (0: the default, 1: the highest), got -1",
    ],
    [
      { priority: 2_097_152 },
      "parameters['priority']: expected an integer from 0 to 2097151 (0: the default, 1: the highest), got 2097152",
    ],
    [
      { priority: 1.5 },
      "parameters['priority']: expected an integer from 0 to 2097151 (0: the default, 1: the highest), got 1.5",
    ],
    [
      { priority: '1' },
      "parameters['priority']: expected an integer from 0 to 2097151 (0: the default, 1: the highest), got '1'",
    ],
    [
      { priority: true },
      "parameters['priority']: expected an integer from 0 to 2097151 (0: the default, 1: the highest), got true",
    ],
    [{ timeout: -1 }, "parameters['timeout']: expected a number of microseconds, 0 or more (0: none), got -1"],
    [{ timeout: 0.5 }, "parameters['timeout']: expected a number of microseconds, 0 or more (0: none), got 0.5"],
    [{ timeout: '1s' }, "parameters['timeout']: expected a number of microseconds, 0 or more (0: none), got '1s'"],
    [{ timeout: 1e300 }, "parameters['timeout']: expected a number of microseconds, 0 or more (0: none), got 1e+300"],
  ])('refuses %j', (parameters, message) => {
    expect(() => readSchedulePolicy(parameters)).toThrow(new SluiceError('invalid_request', message));
  });
});
