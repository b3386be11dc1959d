import type { Introduction, Rollout } from '@sluice/contracts';
import { rollout, workerReport } from '@sluice/testing';
import { formatRollout } from './format-rollout.js';

const T0 = 1_700_000_000_000;
/** Phases that are over, a second each. */
const passed = (...phases: Rollout['phase'][]) =>
  phases.map((phase, index) => ({ at: T0 + (index + 1) * 1_000, phase, message: `${phase} is over` }));
const on = (id: string, stage: Introduction['stage'], progress = 0, generation = 3) =>
  workerReport(id, { introductions: { m: { version: '2', generation, stage, progress, attempt: 1 } } });
const view = (spec: Partial<Rollout>, workers = [on('w2', 'warm-up', 0.5), on('w1', 'ready')], now = T0 + 10_000) =>
  formatRollout(rollout('r', { createdAt: T0, phaseSince: T0, proposedAfter: 2, ...spec }), workers, now);
const states = (spec: Partial<Rollout>) => view(spec).stages.map(({ state }) => state);

describe('a rollout as its client sees it', () => {
  it('tells of each stage whether it is over, and how long it took', () => {
    const events = passed('verify', 'sandbox', 'signature');
    const { stages, percent, leftSeconds } = view({ phase: 'load', phaseSince: T0 + 3_000, events });
    expect(stages.slice(0, 5)).toEqual([
      { stage: 'verify', state: 'done', seconds: 1 },
      { stage: 'sandbox', state: 'done', seconds: 1 },
      { stage: 'signature', state: 'done', seconds: 1 },
      { stage: 'load', state: 'running', seconds: 7 },
      { stage: 'golden', state: 'waiting' },
    ]);
    // 16 of what is before, and of the load's 34 one worker all, the other 4.5 of 6 stages.
    expect(percent).toBeCloseTo(16 + 34 * ((1 + 4.5 / 6) / 2), 0);
    expect(leftSeconds).toBeGreaterThan(0);
  });

  it('tells of each worker, but for what it told of another rollout', () => {
    const workers = [on('w2', 'warm-up', 0.5), on('w1', 'ready', 1, 2), on('w3', 'failed')];
    expect(view({ phase: 'load' }, workers).workers).toEqual([
      { id: 'w2', stage: 'warm-up', percent: 75, attempt: 1, reason: undefined },
      { id: 'w3', stage: 'failed', percent: 0, attempt: 1, reason: undefined },
    ]);
    expect(view({ phase: 'verify', proposedAfter: undefined }, workers).workers).toEqual([]);
  });

  it('tells how far the canary is, and how long it takes at the most', () => {
    const canary = { phase: 'canary', phaseSince: T0, canaryStep: 1, progress: { mark: '', at: T0 + 4_000 } } as const;
    const { canary: at, leftSeconds } = view({ ...canary, events: passed('verify') }, [], T0 + 6_000);
    expect(at).toEqual({ percent: 25, step: 2, of: 3 });
    // The first step took 4 s; two seconds of the second are over.
    expect(leftSeconds).toBe(2 * 4 - 2);
    expect(view({ ...canary, paused: true }).leftSeconds).toBeUndefined();
  });

  it('that went back shows where, and why', () => {
    const events = [...passed('verify', 'sandbox'), { at: T0 + 9_000, phase: 'roll-back' as const, message: 'gone' }];
    const fault = { phase: 'sandbox' as const, reason: 'it crashed' };
    const back = view({ phase: 'rolled-back', fault, events, endedAt: T0 + 9_000 });
    expect(back).toMatchObject({ phase: 'rolled-back', fault, percent: 5, ended: new Date(T0 + 9_000).toISOString() });
    expect(back.stages.slice(0, 3)).toEqual([
      { stage: 'verify', state: 'done', seconds: 1 },
      { stage: 'sandbox', state: 'failed', seconds: 1 },
      { stage: 'signature', state: 'waiting' },
    ]);
    expect(back.leftSeconds).toBeUndefined();
  });

  it('that was promoted is done', () => {
    expect(states({ phase: 'promoted', endedAt: T0 })).toEqual(Array.from({ length: 7 }, () => 'done'));
    expect(view({ phase: 'promoted', endedAt: T0 }).percent).toBe(100);
  });
});
