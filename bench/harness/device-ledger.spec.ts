import { readDeviceLedger } from './device-ledger.js';

const AT = Date.parse('2026-01-01T00:00:00.000Z');

function worker(lines: readonly object[]) {
  const log = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const exited = Promise.resolve({ code: 0, signal: null });
  return { name: 'worker-1', pid: 1, exited, terminate: () => {}, kill: () => {}, log: () => log };
}

function ran(atMs: number, rows: number, deviceMs: number) {
  return { level: 20, time: new Date(AT + atMs).toISOString(), rows, jobs: rows, deviceMs, msg: 'batch_ran' };
}

describe('readDeviceLedger', () => {
  it('adds up the runs that ended in the window', () => {
    const log = worker([
      ran(0, 1, 1),
      ran(100, 32, 10.5),
      { level: 30, msg: 'job_recovered', reason: 'no "batch_ran"' },
      ran(199, 8, 10),
      ran(200, 4, 3),
    ]);
    expect(readDeviceLedger(log, AT + 100, AT + 200)).toEqual({ runs: 2, rows: 40, busyMs: 20.5 });
  });

  it('does not take a log without runs for an idle device', () => {
    expect(() => readDeviceLedger(worker([{ msg: 'worker_joined' }]), AT, AT + 1)).toThrow('batch_ran');
  });
});
