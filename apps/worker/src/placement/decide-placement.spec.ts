import type { MemoryModel, ModelAssignment } from '@sluice/cluster';
import { decidePlacement, isSameAssignment, type PlacementFacts } from './decide-placement.js';

const NOW = 100_000;

const model = (queue: string, state: MemoryModel['state'], spec: Partial<MemoryModel> = {}): MemoryModel => ({
  queue,
  state,
  bytes: 1,
  lastUsedAt: 0,
  held: false,
  ...spec,
});
const worker = (id: string, budgetBytes: number, ...models: MemoryModel[]) => ({ id, memory: { budgetBytes, models } });

interface Asked {
  readonly workers: PlacementFacts['workers'];
  readonly asked?: readonly string[];
  readonly unloaded?: readonly string[];
  readonly previous?: Readonly<Record<string, readonly string[]>>;
  readonly minWorkers?: number;
}

function decide({ workers, asked = [], unloaded = [], previous, minWorkers = 1 }: Asked): ModelAssignment {
  return decidePlacement({
    now: NOW,
    workers,
    demandFor: (queue) => ({ backlogMs: asked.includes(queue) ? 10 : 0, demandMsPerSec: 0 }),
    isUnloaded: (queue) => unloaded.includes(queue),
    previous: previous && { generation: 6, workers: previous, noRoom: [] },
    minWorkers,
  });
}

describe('the next assignment', () => {
  it('loads what is asked for, and nothing else', () => {
    const workers = [worker('w', 5, model('a', 'available'), model('b', 'available'))];
    expect(decide({ workers, asked: ['a'] })).toEqual({ generation: 1, workers: { w: ['a'] }, noRoom: [] });
    expect(decide({ workers })).toEqual({ generation: 1, workers: { w: [] }, noRoom: [] });
  });

  it('keeps what is there, though nobody asks for it, and takes over what a worker had before', () => {
    expect(decide({ workers: [worker('w', 2, model('a', 'ready'))] }).workers).toEqual({ w: ['a'] });
  });

  it('has the one that was used longest ago leave when there is no room', () => {
    const held = [model('a', 'ready', { lastUsedAt: 5 }), model('b', 'ready', { lastUsedAt: 4 })];
    const workers = [worker('w', 2, ...held, model('c', 'available'))];
    expect(decide({ workers, asked: ['c'] }).workers).toEqual({ w: ['a', 'c'] });
  });

  it('leaves what has leased work, and says what there is no room for', () => {
    const workers = [worker('w', 1, model('a', 'ready', { held: true }), model('b', 'available'))];
    expect(decide({ workers, asked: ['b'] })).toMatchObject({ workers: { w: ['a'] }, noRoom: ['b'] });
  });

  it('takes over what the registry has put there, and lets it leave for nothing', () => {
    const workers = [worker('w', 1, model('a2', 'ready', { kept: true }), model('b', 'available'))];
    const previous = { w: ['a1'] };
    expect(decide({ workers, previous, asked: ['b'] })).toMatchObject({ workers: { w: ['a2'] }, noRoom: ['b'] });
    const decided = [worker('w', 1, model('a2', 'ready'), model('b', 'available'))];
    expect(decide({ workers: decided, previous: { w: ['a2'] }, asked: ['b'] }).workers).toEqual({ w: ['b'] });
  });

  it('does not call it full while another load goes on', () => {
    const workers = [worker('w', 1, model('a', 'loading'), model('b', 'available'))];
    expect(decide({ workers, asked: ['b'] }).noRoom).toEqual([]);
  });

  it('counts as loading what was assigned and is not there yet', () => {
    const workers = [worker('w', 2, model('a', 'available'), model('b', 'available'))];
    expect(decide({ workers, asked: ['a', 'b'], previous: { w: ['a'] } }).workers).toEqual({ w: ['a'] });
  });

  it('counts as gone what was taken away and is still there', () => {
    const there = [model('a', 'ready'), model('b', 'ready'), model('c', 'available')];
    const next = decide({ workers: [worker('w', 2, ...there)], asked: ['c'], previous: { w: ['b', 'c'] } });
    expect(next).toEqual({ generation: 7, workers: { w: ['b', 'c'] }, noRoom: [] });
  });

  it('does not ask a worker again for what it cannot load, nor one that does not have the files', () => {
    const workers = [worker('u', 9, model('a', 'failed')), worker('v', 9), worker('w', 9, model('a', 'available'))];
    expect(decide({ workers, asked: ['a'], minWorkers: 3, previous: { u: ['a'] } }).workers).toEqual({
      u: [],
      v: [],
      w: ['a'],
    });
  });

  it('has as many workers load a model in demand as shall have it', () => {
    const workers = ['u', 'v', 'w'].map((id) => worker(id, 1, model('a', 'available')));
    const all = decide({ workers, asked: ['a'], minWorkers: 2 }).workers;
    expect(Object.values(all).flat()).toEqual(['a', 'a']);
  });

  it('never has what an operator unloaded', () => {
    const workers = [worker('w', 9, model('a', 'available'), model('b', 'ready'))];
    const next = decide({ workers, asked: ['a', 'b'], unloaded: ['a', 'b'], previous: { w: ['a', 'b'] } });
    expect(next).toMatchObject({ workers: { w: [] }, noRoom: [] });
  });

  it('takes less from a worker whose budget was lowered', () => {
    const workers = [worker('w', 1, model('a', 'ready', { lastUsedAt: 9 }), model('b', 'ready'))];
    expect(decide({ workers }).workers).toEqual({ w: ['a'] });
  });

  it('says the same again when nothing has changed', () => {
    const workers = [worker('v', 1, model('a', 'ready')), worker('w', 1, model('a', 'available'))];
    const once = decide({ workers });
    const again = decide({ workers, previous: once.workers });
    expect(isSameAssignment(again, once)).toBe(true);
    expect(isSameAssignment({ ...again, noRoom: ['a'] }, once)).toBe(false);
    expect(isSameAssignment({ ...again, workers: {} }, once)).toBe(false);
    expect(isSameAssignment(again, undefined)).toBe(false);
  });
});
