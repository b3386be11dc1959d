import { faultOf, type TrialEnd, type TrialPhase } from './trial-end.js';

const LIMITS = { memoryBytes: 2_000_000_000, timeoutMs: 60_000 };
const DIED = { kind: 'died', code: null, signal: null, said: '' } as const;

describe('faultOf', () => {
  it.each([
    ['opening', { kind: 'refused', reason: 'cannot load it' }, 'cannot load it'],
    ['opening', { kind: 'memory' }, 'opening it took more than 2.0 GB of memory (if it needs them, SLUICE_SANDBOX_'],
    ['running', { kind: 'time' }, 'running it with one row took longer than 60 s (if it needs more, SLUICE_SANDBOX_'],
    ['opening', { ...DIED, signal: 'SIGSEGV' }, 'opening it crashed the runtime (SIGSEGV)'],
    ['opening', { ...DIED, signal: 'SIGABRT', said: 'bad_alloc' }, 'crashed the runtime (SIGABRT): bad_alloc'],
    ['opening', { ...DIED, code: 7, said: 'Error: x' }, 'opening it ended the process with code 7: Error: x'],
  ] satisfies [TrialPhase, TrialEnd, string][])('blames the version: %s, %o', (phase, end, message) => {
    const fault = faultOf(end, phase, LIMITS);
    expect(fault.code).toBe('invalid_request');
    expect(fault.message).toContain(message);
  });

  it.each([
    ['opening', { kind: 'starved' }, 'internal', 'the machine is too busy'],
    ['opening', { kind: 'given-up' }, 'shutting_down', 'another worker does it'],
    ['opening', { ...DIED, signal: 'SIGKILL' }, 'internal', 'perhaps because memory ran out'],
    ['starting', { ...DIED, code: 1, said: 'Error: no module' }, 'internal', 'starting the sandbox ended'],
    ['starting', { kind: 'refused', reason: 'the sandbox cannot be started: EAGAIN' }, 'internal', 'EAGAIN'],
    ['starting', { kind: 'time' }, 'internal', 'starting the sandbox took longer'],
  ] satisfies [TrialPhase, TrialEnd, string, string][])(
    'does not blame the version: %s, %o',
    (phase, end, code, message) => {
      expect(faultOf(end, phase, LIMITS)).toMatchObject({ code, message: expect.stringContaining(message) });
    },
  );
});
