import type { RolloutView } from '../client/answers.js';
import { changedLines, drawRollout } from './draw-rollout.js';
import { RolloutScreen, type Screen } from './rollout-screen.js';

const view = (spec: Partial<RolloutView> = {}): RolloutView => ({
  id: 'r',
  model: 'digits',
  version: '2',
  from: '1',
  phase: 'load',
  paused: false,
  percent: 50,
  leftSeconds: 12,
  stages: [
    { stage: 'verify', state: 'done', seconds: 0.21 },
    { stage: 'load', state: 'running', seconds: 3 },
    { stage: 'canary', state: 'waiting' },
  ],
  workers: [
    { id: 'worker-1', stage: 'warm-up', percent: 50 },
    { id: 'worker-2', stage: 'failed', percent: 0, reason: 'too large' },
  ],
  absent: [],
  ...spec,
});

class Sink {
  text = '';
  constructor(readonly isTTY: boolean) {}
  write(text: string): boolean {
    this.text += text;
    return true;
  }
}
const screenOn = (sink: Sink) => new RolloutScreen(sink as object as Screen);

describe('a rollout on a terminal', () => {
  it('has a bar for all of it, a line for each stage and a bar for each worker', () => {
    expect(drawRollout(view())).toEqual([
      'digits 1 -> 2: load',
      '  all         [############------------]  50 %  about 12 s left',
      '  ✓ verify    0.2 s',
      '  … load      3.0 s',
      '  · canary   ',
      '  worker-1    [############------------]  50 %  warm-up',
      '  worker-2    [------------------------]   0 %  failed: too large',
    ]);
  });

  it('says how many requests the canary gets, and that it is paused', () => {
    const stages = [{ stage: 'canary', state: 'running', seconds: 4 }];
    const canary = { percent: 25, step: 2, of: 3 };
    const lines = drawRollout(view({ phase: 'canary', paused: true, stages, canary, workers: [] }));
    expect(lines[0]).toBe('digits 1 -> 2: canary (paused)');
    expect(lines[2]).toBe('  … canary    4.0 s  25 % of the requests, step 2 of 3');
  });

  it('is drawn anew in its place, below what has happened', () => {
    const sink = new Sink(true);
    const screen = screenOn(sink);
    screen.show(view());
    screen.step('2026-11-23T18:00:01.000Z', 'it opens');
    const [first, second] = sink.text.split('\u001B[7A\u001B[J');
    expect(first).toMatch(/^digits 1 -> 2: load\n/);
    expect(second).toMatch(/^18:00:01 {2}it opens\ndigits 1 -> 2: load\n/);
  });
});

describe('a rollout in a file', () => {
  it('is a line for each step, and for each worker that has come further', () => {
    const sink = new Sink(false);
    const screen = screenOn(sink);
    screen.show(view());
    screen.show(view());
    screen.step('2026-11-23T18:00:01.000Z', 'it opens');
    screen.show(view({ workers: [{ id: 'worker-1', stage: 'ready', percent: 100 }] }));
    expect(sink.text.split('\n').map((line) => line.trim())).toEqual([
      'worker-1: warm-up',
      'worker-2: failed (too large)',
      '18:00:01  it opens',
      'worker-1: ready',
      '',
    ]);
    expect(changedLines(view(), view())).toEqual([]);
  });
});
