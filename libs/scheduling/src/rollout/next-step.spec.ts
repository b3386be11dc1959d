import type { ArmCounts, LogSums, Rollout, StageRecord } from '@sluice/contracts';
import { nextStep } from './next-step.js';
import type { RolloutEffect } from './rollout-step.js';
import type { RolloutWorld } from './rollout-world.js';
import {
  report,
  RESULTS,
  someRollout,
  someVersions,
  someWorker,
  someWorld,
  STRATEGY,
} from './rollout-world.fixture.js';

const CANDIDATE = { candidate: '2', generation: 6 };
const stage = (spec: Partial<StageRecord> = {}): StageRecord => ({
  attempt: 1,
  jobId: 'r-verify-1',
  notBefore: 0,
  ...spec,
});
const changeOf = ([effect]: readonly RolloutEffect[]) => (effect?.kind === 'change' ? effect.change : undefined);
const step = (rollout: Partial<Rollout>, world: Partial<RolloutWorld> = {}) =>
  nextStep(someRollout(rollout), someWorld(world));
const wentBack = (reason: string) => ({ phase: 'roll-back', fault: { reason: expect.stringContaining(reason) } });

describe('loading', () => {
  const load: Partial<Rollout> = { phase: 'load', proposedAfter: 5 };
  const during = (workers: RolloutWorld['workers'], exchange: string[] = []): Partial<RolloutWorld> => ({
    registry: someVersions({ ...CANDIDATE, exchange }),
    workers,
  });

  it('begins with a proposal, until the registry has it', () => {
    const { next, effects } = step({ phase: 'load' });
    expect(next.proposedAfter).toBe(5);
    expect(effects).toMatchObject([{ id: 'r-propose', change: { kind: 'propose', version: '2', canaryPercent: 0 } }]);
    expect(nextStep(next, someWorld())).toEqual({ next, effects });
  });

  it('ends when all that serve are ready, and waits for nobody else', () => {
    const others = [
      someWorker('c', undefined, { state: 'draining' }),
      someWorker('d', undefined, { state: 'starting' }),
    ];
    expect(step(load, during([someWorker('a', 'ready'), someWorker('b', 'profile'), ...others])).next.phase).toBe(
      'load',
    );
    expect(step(load, during([someWorker('a', 'ready'), someWorker('b'), ...others])).next.phase).toBe('load');
    const ready = [someWorker('a', 'ready'), someWorker('b', 'ready'), ...others];
    expect(step(load, during(ready)).next.phase).toBe('golden');
  });

  it('goes back when a worker fails, but not for what was said of an earlier rollout', () => {
    const failed = someWorker('b', 'failed');
    expect(step(load, during([someWorker('a', 'ready'), failed])).next).toMatchObject(
      wentBack('worker b could not bring it into service: b says why'),
    );
    expect(step({ ...load, proposedAfter: 6 }, during([someWorker('a', 'ready'), failed])).next.phase).toBe('load');
  });

  it('goes back when it kills one worker after another, but not when they are told to end', () => {
    const isDead = (last: RolloutWorld['workers']) => {
      let rollout = someRollout(load);
      for (const id of ['v', 'w', 'x', 'y'])
        for (const workers of [
          [someWorker('a', 'ready'), someWorker(id, 'load')],
          [someWorker('a', 'ready'), ...last],
        ])
          rollout = nextStep(rollout, someWorld(during(workers))).next;
      return rollout;
    };
    const [died, drained] = [
      [someWorker('z', 'queued')],
      ['v', 'w', 'x', 'y'].map((id) => someWorker(id, 'load', { state: 'draining' })),
    ];
    expect(isDead(died)).toMatchObject(wentBack('4 workers died while they loaded, warmed up or measured it'));
    expect(isDead([...drained, ...died]).phase).toBe('load');
  });

  it('has as many exchange the versions as can be spared', () => {
    const all = ['a', 'b', 'c'].map((id) => someWorker(id, 'waits-for-room'));
    expect(changeOf(step(load, during(all)).effects)).toEqual({ kind: 'exchange', workers: ['a', 'b'] });
    expect(step(load, during(all, ['a', 'b'])).effects).toEqual([]);
    const exchanged = ['a', 'b'].map((id) => someWorker(id, 'ready', { models: [report('2')] }));
    expect(step(load, during([...exchanged, all[2]!], ['a', 'b'])).next.phase).toBe('golden');
  });

  it('says when nobody can be spared', () => {
    expect(step(load, during([someWorker('a', 'waits-for-room')])).next).toMatchObject(
      wentBack('more memory, start another one, or lower minServing'),
    );
  });

  it('gives up when nothing moves for ten minutes, and not while it is paused', () => {
    const workers = [someWorker('a', 'load'), someWorker('b', 'ready')];
    const seen = step(load, during(workers)).next;
    const later = { ...during(workers), now: 1_000 + 10 * 60_000 + 1 };
    expect(nextStep({ ...seen, paused: true }, someWorld(later)).next.phase).toBe('load');
    const moved = workers.map((worker) => ({ ...worker, introduction: { ...worker.introduction!, progress: 0.5 } }));
    expect(nextStep(seen, someWorld({ ...later, workers: moved })).next.phase).toBe('load');
    expect(nextStep(seen, someWorld(later)).next.fault?.reason).toContain('nothing moved for 10 minutes: a: load');
  });

  it('gives up when no worker begins, and waits while there is none', () => {
    const idle = [someWorker('a', undefined, { models: [report('1', 'available')] })];
    const seen = step(load, during(idle)).next;
    expect(seen.phase).toBe('load');
    const now = 1_000 + 10 * 60_000 + 1;
    expect(nextStep(seen, someWorld({ ...during([]), now })).next.phase).toBe('load');
    expect(nextStep(seen, someWorld({ ...during(idle), now })).next.fault?.reason).toContain(
      'no worker serves the live',
    );
  });
});

it.each([
  [0, 0, 'canary'],
  [1, 0, 'roll-back'],
  [1, 0.05, 'canary'],
  [2, 0.05, 'roll-back'],
])('golden inputs: %i of 20 wrong with %f allowed lead to %s', (wrong, maxWrong, phase) => {
  const golden = { digest: 'd', absolute: 0, relative: 0, maxWrong };
  const stages = { golden: stage({ result: { ...RESULTS.golden, wrong, examples: ['expected 1, got 2'] } }) };
  const world = { registry: someVersions(CANDIDATE) };
  const rollout: Partial<Rollout> = { phase: 'golden', proposedAfter: 5, stages };
  const { next } = step({ ...rollout, strategy: { ...STRATEGY, golden } }, world);
  expect(next.phase).toBe(phase);
});

describe('the canary', () => {
  const canary: Partial<Rollout> = { phase: 'canary', proposedAfter: 5 };
  const sharing = { ...CANDIDATE, canaryPercent: 10, changeId: 'r-shift-0', generation: 7 };
  const sums = (count: number, log = 0): LogSums => ({ count, sum: count * log, squares: count * log * log });
  const arm = (version: string, answered: number, failed = 0, generation = 7): ArmCounts => {
    const runs = { latency: sums(answered - failed), compute: sums(answered - failed), rows: sums(answered - failed) };
    return { model: 'm', version, generation, answered, failed, ...runs };
  };
  const shared = (...arms: ArmCounts[]): Partial<RolloutWorld> => ({ registry: someVersions(sharing), arms });

  it('gives the candidate its share, by a change of its own', () => {
    const world = { registry: someVersions({ ...CANDIDATE, canaryPercent: 10 }) };
    expect(step(canary, world).effects).toMatchObject([{ id: 'r-shift-0', change: { canaryPercent: 10 } }]);
  });

  it('goes on with the next share when it passes, and with promotion after the last', () => {
    const first = step(canary, shared(arm('1', 9_000), arm('2', 900))).next;
    expect(first).toMatchObject({ phase: 'canary', canaryStep: 1 });
    expect(changeOf(nextStep(first, someWorld(shared())).effects)).toEqual({ kind: 'shift', canaryPercent: 50 });
    expect(step({ ...canary, canaryStep: 2 }, shared()).next.phase).toBe('promote');
  });

  it('sums what the workers say, of this step alone', () => {
    const parts = [arm('1', 500), arm('1', 8_500), arm('2', 600), arm('2', 300)];
    expect(step(canary, shared(...parts, arm('2', 99, 99, 6))).next.canaryStep).toBe(1);
  });

  it('goes back at a breach, also when it is paused', () => {
    const bad = shared(arm('1', 900), arm('2', 90, 80));
    expect(step({ ...canary, paused: true }, bad).next).toMatchObject(wentBack('requests failed on the candidate'));
  });

  it('goes on when the time of the step is over', () => {
    const begun = step(canary, shared(arm('1', 5))).next;
    expect(begun.canaryStep).toBe(0);
    const over = { ...shared(arm('1', 5)), now: 1_000 + STRATEGY.maxStepMs };
    expect(nextStep(begun, someWorld(over)).next.canaryStep).toBe(1);
    expect(nextStep({ ...begun, paused: true }, someWorld(over)).next.canaryStep).toBe(0);
  });

  it.each<[string, Partial<Rollout>, Partial<RolloutWorld>]>([
    ['promotion is asked for', { asked: 'promote' }, shared()],
    ['none is asked for', { strategy: { ...STRATEGY, canaryPercent: 0 } }, { registry: someVersions(CANDIDATE) }],
    ['nothing is live', { from: undefined }, { registry: someVersions({ ...CANDIDATE, live: undefined }) }],
  ])('is left out when %s', (_, rollout, world) => {
    expect(step({ ...canary, ...rollout }, world).next).toMatchObject({ phase: 'promote', asked: undefined });
  });
});

describe('promotion', () => {
  const promote: Partial<Rollout> = { phase: 'promote', proposedAfter: 5 };
  const promoted = someVersions({ live: '2', generation: 9 });
  const moved = (id: string) => someWorker(id, 'ready', { models: [report('2')] });

  it('is asked for, and over when the workers alive agree', () => {
    const ready = [someWorker('a', 'ready'), someWorker('b', 'ready')];
    expect(changeOf(step(promote, { registry: someVersions(CANDIDATE), workers: ready }).effects)).toEqual({
      kind: 'promote',
    });
    expect(step(promote, { registry: promoted, workers: [moved('a'), someWorker('b', 'ready')] }).next.phase).toBe(
      'promote',
    );
    const { next } = step(promote, { registry: promoted, workers: [moved('a'), moved('c')] });
    expect(next).toMatchObject({ phase: 'promoted', endedAt: 1_000, absent: ['b'] });
  });

  it('waits until enough have exchanged the versions, which share the requests with the others meanwhile', () => {
    const strategy = { ...STRATEGY, minServing: 2 };
    const workers = [moved('a'), someWorker('b', 'waits-for-room'), someWorker('c', 'waits-for-room')];
    const registry = { ...CANDIDATE, exchange: ['a'] };
    const share = changeOf(step({ ...promote, strategy }, { registry: someVersions(registry), workers }).effects);
    expect(share).toEqual({ kind: 'shift', canaryPercent: 33 });
    const sharing = someVersions({ ...registry, canaryPercent: 33 });
    const chosen = changeOf(step({ ...promote, strategy }, { registry: sharing, workers }).effects);
    expect(chosen).toEqual({ kind: 'exchange', workers: ['b'] });
    const enough = [moved('a'), moved('b'), workers[2]!];
    expect(changeOf(step({ ...promote, strategy }, { registry: sharing, workers: enough }).effects)?.kind).toBe(
      'promote',
    );
  });

  it('has those exchange that are left', () => {
    const workers = [moved('a'), someWorker('b', 'waits-for-room')];
    expect(changeOf(step(promote, { registry: promoted, workers }).effects)).toEqual({
      kind: 'exchange',
      workers: ['b'],
    });
  });

  it('can be taken back while it goes on, if there is something to go back to', () => {
    expect(step({ ...promote, asked: 'roll-back' }, { registry: promoted }).next).toMatchObject(wentBack('asked for'));
    const back: Partial<Rollout> = { ...promote, phase: 'roll-back', fault: { phase: 'promote', reason: 'why' } };
    expect(step(back, { registry: promoted }).effects).toMatchObject([
      { id: 'r-return', change: { kind: 'serve', version: '1' }, reason: 'why' },
    ]);
    const first = { ...promote, from: undefined, asked: 'roll-back' } as const;
    expect(step(first, { registry: promoted }).next).toMatchObject({ phase: 'promote', asked: undefined });
    expect(step({ ...back, from: undefined }, { registry: promoted }).next).toMatchObject({
      phase: 'promote',
      fault: undefined,
    });
  });

  it('does not wait for ever', () => {
    const world = { registry: promoted, workers: [moved('a'), someWorker('b', 'load')] };
    const waits = step(promote, world).next;
    const { next } = nextStep(waits, someWorld({ ...world, now: 1_000 + 10 * 60_000 + 1 }));
    expect(next).toMatchObject({ phase: 'promoted', absent: ['b'] });
  });
});

describe('a roll-back', () => {
  const back: Partial<Rollout> = { phase: 'roll-back', proposedAfter: 5, fault: { phase: 'canary', reason: 'why' } };

  it('withdraws the version, and is over when nobody has it', () => {
    expect(changeOf(step(back, { registry: someVersions(CANDIDATE) }).effects)).toEqual({ kind: 'withdraw' });
    const registry = someVersions({ generation: 8 });
    const lag = [someWorker('a'), someWorker('b', 'ready')];
    expect(step(back, { registry, workers: lag }).next.phase).toBe('roll-back');
    expect(step(back, { registry }).next).toMatchObject({ phase: 'rolled-back', absent: [], endedAt: 1_000 });
  });

  it('waits for those that gave up the live version', () => {
    const registry = someVersions({ generation: 8, exchange: ['a'] });
    const lag = [someWorker('a', undefined, { models: [] }), someWorker('b')];
    expect(step(back, { registry, workers: lag }).next.phase).toBe('roll-back');
  });

  it('lets those exchange the versions that have only the one that goes', () => {
    const workers = [someWorker('a', undefined, { models: [report('2')] }), someWorker('b')];
    const { effects } = step(back, { registry: someVersions({ generation: 8 }), workers });
    expect(changeOf(effects)).toEqual({ kind: 'exchange', workers: ['a'] });
  });

  it('goes on in a pause', () => {
    expect(step({ ...back, paused: true }, { registry: someVersions(CANDIDATE) }).effects).toHaveLength(1);
  });
});

it.each<[string, Partial<Rollout>, Partial<RolloutWorld['registry']>, string]>([
  ['somebody asks', { phase: 'sandbox', asked: 'roll-back' }, {}, 'asked for'],
  ['it is live', { phase: 'verify', from: '2' }, { live: '2' }, 'is live already'],
  ['another one was made live', { phase: 'load' }, { live: '3' }, 'version 3 is live, and 1 was when it began'],
  ['another one is a candidate', { phase: 'load' }, { candidate: '3' }, 'version 3 is a candidate already'],
  ['it was withdrawn', { phase: 'canary', proposedAfter: 5 }, {}, 'withdrawn by somebody else'],
  ['another one was served', { phase: 'promote', proposedAfter: 5 }, { live: '3' }, 'version 3 was made live'],
])('goes back when %s', (_, rollout, registry, reason) => {
  expect(step(rollout, { registry: someVersions(registry) }).next).toMatchObject(wentBack(reason));
});

it('does nothing once it has ended, and notes at first who is there', () => {
  const end = someRollout({ phase: 'promoted', endedAt: 5 });
  expect(nextStep(end, someWorld({ registry: someVersions(CANDIDATE) }))).toEqual({ next: end, effects: [] });
  expect(step({ workers: [] }).next.workers).toEqual(['a', 'b']);
});
