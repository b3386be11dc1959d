import { INFERENCE_CLASS, MODEL_UPDATE_CLASS } from '@sluice/contracts';
import { deviceUse, readRuns } from './device-ledger.js';
import { readTurns, waitsBehind } from './turn-ledger.js';

const AT = Date.parse('2026-01-01T00:00:00.000Z');

function worker(lines: readonly object[]) {
  const log = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const exited = Promise.resolve({ code: 0, signal: null });
  return { name: 'worker-1', pid: 1, exited, terminate: () => {}, kill: () => {}, log: () => log };
}

function event(msg: string, atMs: number, fields: object) {
  return { level: 20, time: new Date(AT + atMs).toISOString(), ...fields, msg };
}

function ran(atMs: number, rows: number, deviceMs: number, shareClass = INFERENCE_CLASS) {
  const startedAt = AT + atMs - deviceMs;
  return event('device_ran', atMs, { shareClass, rows, jobs: rows, startedAt, deviceMs });
}

describe('the ledger of a device', () => {
  it('adds up the runs of a class that ended in the window', () => {
    const runs = readRuns(
      worker([
        ran(0, 1, 1),
        ran(100, 32, 10.5),
        ran(150, 4, 7, MODEL_UPDATE_CLASS),
        { level: 30, msg: 'job_recovered', reason: 'no "device_ran"' },
        ran(199, 8, 10),
        ran(200, 4, 3),
      ]),
    );
    expect(deviceUse(runs, AT + 100, AT + 200)).toEqual({ runs: 2, rows: 40, busyMs: 20.5 });
    expect(deviceUse(runs, AT + 100, AT + 200, MODEL_UPDATE_CLASS)).toEqual({ runs: 1, rows: 4, busyMs: 7 });
  });

  it('does not take a log without runs for an idle device', () => {
    expect(() => readRuns(worker([{ msg: 'worker_joined' }]))).toThrow('device_ran');
  });
});

describe('the ledger of turns', () => {
  const ended = (atMs: number, turnMs: number, shareClass: string) =>
    event('turn_ended', atMs, { shareClass, deviceMs: turnMs - 1, turnMs });

  it('knows from when to when each was', () => {
    const [turn] = readTurns(worker([ended(30, 10, MODEL_UPDATE_CLASS)]));
    expect(turn).toEqual({ shareClass: MODEL_UPDATE_CLASS, from: AT + 20, to: AT + 30 });
  });

  it('knows how long a request waited behind updates, until the turn that answered it', () => {
    const span = (from: number, to: number) => ({ from, to });
    const updates = [span(0, 10), span(10, 20), span(30, 40)];
    const inference = [span(20, 30), span(40, 50)];
    const waits = waitsBehind(updates, inference, [span(7, 32), span(18, 52), span(29, 90), span(45, 49)]);
    expect(waits).toEqual([
      { longestMs: 10, totalMs: 13 },
      { longestMs: 10, totalMs: 12 },
      { longestMs: 10, totalMs: 10 },
      { longestMs: 0, totalMs: 0 },
    ]);
  });
});
