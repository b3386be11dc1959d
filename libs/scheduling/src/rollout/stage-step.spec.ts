import type { Rollout, StageRecord } from '@sluice/contracts';
import { awaitedJob, nextStep } from './next-step.js';
import type { RolloutWorld } from './rollout-world.js';
import {
  endedJob,
  RESULTS,
  SERVED,
  someRollout,
  someVersions,
  someWorker,
  someWorld,
  STRATEGY,
} from './rollout-world.fixture.js';

const stage = (spec: Partial<StageRecord> = {}): StageRecord => ({
  attempt: 1,
  jobId: 'r-verify-1',
  notBefore: 0,
  ...spec,
});
const step = (rollout: Partial<Rollout>, world: Partial<RolloutWorld> = {}) =>
  nextStep(someRollout(rollout), someWorld(world));
const wentBack = (reason: string) => ({ phase: 'roll-back', fault: { reason: expect.stringContaining(reason) } });

describe('a stage that is a job', () => {
  const waiting = { stages: { verify: stage({ seen: true }) } };

  it('is noted, asked for until it is seen, and waited for', () => {
    const begun = step({}).next;
    expect(begun.stages.verify).toEqual({ attempt: 1, jobId: 'r-verify-1', notBefore: 1_000 });
    expect(awaitedJob(begun)?.jobId).toBe('r-verify-1');
    const asked = nextStep(begun, someWorld({ job: { state: 'gone' } }));
    expect(asked).toEqual({ next: begun, effects: [expect.objectContaining({ jobId: 'r-verify-1' })] });
    const seen = nextStep(begun, someWorld({ job: { state: 'waiting' } })).next;
    expect(seen.stages.verify?.seen).toBe(true);
    expect(nextStep(seen, someWorld({ job: { state: 'active' } }))).toEqual({ next: seen, effects: [] });
  });

  it('leads on with its result', () => {
    const done = step(waiting, { job: endedJob(RESULTS.verify) }).next;
    expect(awaitedJob(done)).toBeUndefined();
    expect(nextStep(done, someWorld()).next).toMatchObject({ phase: 'sandbox', phaseSince: 1_000 });
  });

  it('is tried again with back-off, also when its job was removed, and five times at most', () => {
    const failed = { state: 'failed', error: { code: 'internal', message: 'no disk' } } as const;
    const second = step(waiting, { job: failed }).next;
    expect(second.stages.verify).toEqual({ attempt: 2, jobId: 'r-verify-2', notBefore: 2_000 });
    expect(nextStep(second, someWorld({ job: { state: 'gone' } })).effects).toEqual([]);
    expect(step(waiting, { job: { state: 'gone' } }).next.stages.verify?.attempt).toBe(2);
    const fourth = { stages: { verify: stage({ attempt: 4 }) } };
    expect(step(fourth, { job: failed }).next.stages.verify).toMatchObject({ attempt: 5, notBefore: 9_000 });
    expect(step({ phase: 'verify', stages: { verify: stage({ attempt: 5 }) } }, { job: failed }).next).toMatchObject(
      wentBack('5 times, the last'),
    );
  });

  it('is not tried again when the version is at fault', () => {
    const error = { code: 'invalid_request', message: 'blob abc has other bytes' } as const;
    expect(step({ phase: 'verify', ...waiting }, { job: { state: 'failed', error } }).next).toMatchObject(
      wentBack('blob abc has other bytes'),
    );
  });
});

describe('the signature', () => {
  const at = (strategy: Partial<Rollout['strategy']> = {}, inputs = SERVED.signature.inputs): Partial<Rollout> => {
    const result = { ...RESULTS.sandbox, signature: { ...SERVED.signature, inputs } };
    return { phase: 'signature', strategy: { ...STRATEGY, ...strategy }, stages: { sandbox: stage({ result }) } };
  };
  const other = [{ name: 'x', datatype: 'FP16', shape: [-1, 4] }] as const;

  it('is that of the live version', () => {
    expect(step(at()).next).toMatchObject({ phase: 'load' });
    expect(step({ ...at(), from: undefined }, { registry: someVersions({ live: undefined }) }).next.phase).toBe('load');
  });

  it('says what differs, and goes on when it may', () => {
    expect(step(at({}, other), {}).next).toMatchObject(
      wentBack('input x is FP16[-1,4] instead of FP32[-1,4]. Whoever calls'),
    );
    expect(step(at({ allowSignatureChange: true }, other)).next.phase).toBe('load');
  });

  it('is waited for while no worker serves the live version', () => {
    const workers = [someWorker('a', undefined, { models: [] })];
    expect(step(at(), { workers }).next.phase).toBe('signature');
    // What is live serves nowhere: another version may be what is needed.
    expect(step(at(), { workers, now: 31_000 }).next).toMatchObject({ phase: 'load' });
  });
});
