import { UsageError } from '../usage-error.js';
import { readUpOptions } from './up-options.js';

describe('readUpOptions', () => {
  it('starts two workers when nothing is said', () => {
    expect(readUpOptions([], {})).toEqual({ workers: 2, isDryRun: false });
  });

  it.each([
    [[], { SLUICE_WORKERS: 'auto' }, 'auto'],
    [[], { SLUICE_WORKERS: '3' }, 3],
    [['--workers', 'auto'], {}, 'auto'],
    [['--workers=4'], { SLUICE_WORKERS: 'auto' }, 4],
    [['--workers', '1'], { SLUICE_WORKERS: 'many' }, 1],
  ])('reads %j beside %j', (args, env: NodeJS.ProcessEnv, workers) => {
    expect(readUpOptions(args, env).workers).toBe(workers);
  });

  it.each(['0', 'many', '65', '1.5', '-1', ''])('refuses --workers=%s, and says what it takes', (value) => {
    expect(() => readUpOptions([`--workers=${value}`], {})).toThrow(
      new UsageError(`--workers is \`${value}\`: it must be \`auto\` or a whole number from 1 to 64`),
    );
  });

  it.each(['0', 'many', '65', '1.5'])('refuses SLUICE_WORKERS=%s by name', (value) => {
    const read = () => readUpOptions([], { SLUICE_WORKERS: value });
    expect(read).toThrow(UsageError);
    expect(read).toThrow('SLUICE_WORKERS: expected `auto` or a whole number from 1 to 64');
  });

  it('knows a dry run, and refuses what it does not know', () => {
    expect(readUpOptions(['--dry-run'], {}).isDryRun).toBe(true);
    expect(() => readUpOptions(['--worker', '2'], {})).toThrow("Unknown option '--worker'");
    expect(() => readUpOptions(['auto'], {})).toThrow('`up` takes --workers <number or auto>');
  });
});
