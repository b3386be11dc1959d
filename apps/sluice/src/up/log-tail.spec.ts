import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tailLog } from './log-tail.js';

describe('tailLog', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-log-'));
    file = join(folder, 'api.log');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('shows the last lines', () => {
    writeFileSync(file, 'one\ntwo\n\nthree\n');
    expect(tailLog(file, 2)).toBe('two\nthree');
  });

  it('makes pino readable', () => {
    const entry = { level: 50, time: 0, msg: 'start failed', err: { message: 'x', stack: 'Error: x\n    at y' } };
    writeFileSync(file, `${JSON.stringify(entry)}\n`);
    expect(tailLog(file, 5)).toBe('00:00:00.000 error start failed Error: x\n    at y');
  });

  it('reads the end of a large file, whole lines only', () => {
    writeFileSync(file, 'a line of the log\n'.repeat(10_000) + 'last\n');
    const tail = tailLog(file, 5_000).split('\n');
    expect(new Set(tail)).toEqual(new Set(['a line of the log', 'last']));
    expect(tail.length).toBeGreaterThan(500);
  });

  it('is empty for a log that is not there', () => {
    expect(tailLog(join(folder, 'none.log'), 5)).toBe('');
  });
});
