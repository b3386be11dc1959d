import { formatReport, hasFault, toJson } from './report.js';

const sound = [{ check: 'clock', findings: [{ level: 'ok', message: 'it is right' }] }] as const;
const ill = [
  ...sound,
  {
    check: 'eviction',
    findings: [
      { level: 'fault', message: 'it throws away', fix: 'redis-cli CONFIG SET' },
      { level: 'warning', message: 'it may' },
    ],
  },
] as const;

describe('the report', () => {
  it('has a line for each finding, the command below it, and the sums', () => {
    expect(formatReport(ill)).toBe(
      '  ✓ it is right\n  ✗ it throws away\n      redis-cli CONFIG SET\n  ! it may\n\n  1 fault, 1 warning, 1 in order\n',
    );
  });

  it('is JSON for programs', () => {
    expect(JSON.parse(toJson(ill))).toEqual({
      ok: false,
      findings: [
        { check: 'clock', level: 'ok', message: 'it is right' },
        { check: 'eviction', level: 'fault', message: 'it throws away', fix: 'redis-cli CONFIG SET' },
        { check: 'eviction', level: 'warning', message: 'it may' },
      ],
    });
  });

  it('has a fault, or has none', () => {
    expect([hasFault(sound), hasFault(ill)]).toEqual([false, true]);
  });
});
