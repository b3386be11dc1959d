import type { ModelCost, WorkerLoad, WorkerReport } from '@sluice/cluster';
import type { ModelReport } from '@sluice/contracts';
import { workerLoad } from '@sluice/testing';
import { Fleet } from './fleet.js';

const [A, B, C] = ['inference.a.1', 'inference.b.1', 'inference.c.1'];
const ready = (model: string): ModelReport => ({
  model,
  version: '1',
  state: 'ready',
  serving: {
    platform: 'scripted',
    device: 'scripted',
    maxBatchSize: 8,
    signature: { inputs: [], outputs: [] },
  },
});
const report = (id: string, models: readonly ModelReport[], state: WorkerReport['state'] = 'serving'): WorkerReport => {
  return { id, host: 'h', pid: 1, device: 'cpu', state, startedAt: 0, models, applied: {} };
};
const cost = (queue: string, fixedMs: number, perRowMs: number, more: Partial<ModelCost> = {}): ModelCost => {
  return { queue, bucket: '', maxRows: 8, fixedMs, perRowMs, error: 0, observations: 10, ...more };
};
const load = (workerId: string, costs: readonly ModelCost[], busy: readonly string[] = []): WorkerLoad => {
  const classes = [
    { name: 'inference', weight: 50, deviceMs: 0, busy: busy.includes('inference') },
    { name: 'night', weight: 20, deviceMs: 0, busy: busy.includes('night') },
    { name: 'model-update', weight: 30, deviceMs: 0, busy: busy.includes('model-update') },
  ];
  return workerLoad(workerId, { classes, costs, memory: undefined });
};

describe('the fleet', () => {
  it('counts on workers that have told, are not leaving, and have the model ready', () => {
    const loading: ModelReport = { model: 'b', version: '1', state: 'loading' };
    const fleet = new Fleet(
      [
        report('told', [ready('a'), loading]),
        report('silent', [ready('a')]),
        report('leaving', [ready('a')], 'draining'),
      ],
      ['told', 'leaving', 'gone'].map((id) => load(id, [cost(A, 1, 1), cost(B, 1, 1)])),
    );
    expect(fleet.workers).toEqual([{ queues: [A], capacity: 1 }]);
    expect(fleet.costOf(A)).toMatchObject({ fixedMs: 1, perRowMs: 1, maxRows: 8 });
    expect(fleet.costOf(B)).toBeUndefined();
    expect(Fleet.UNKNOWN.costOf(A)).toBeUndefined();
  });

  it('counts on the part of a device that updates leave to inference', () => {
    const capacity = (...busy: string[]) => new Fleet([report('w', [])], [load('w', [], busy)]).workers[0]?.capacity;
    expect(capacity()).toBe(1);
    expect(capacity('inference', 'night')).toBe(1);
    expect(capacity('model-update')).toBe(50 / 80);
    expect(capacity('model-update', 'inference')).toBe(50 / 80);
    expect(capacity('model-update', 'night')).toBe(70 / 100);
  });

  it('knows what competes with a queue: what its workers serve as well', () => {
    const workers = [report('1', [ready('a'), ready('b')]), report('2', [ready('b'), ready('c')])];
    const fleet = new Fleet(workers, [load('1', [cost(A, 1, 1), cost(B, 1, 1)]), load('2', [cost(C, 1, 1)])]);
    expect(fleet.rivalsOf(A)).toEqual([B]);
    expect([...fleet.rivalsOf(B)].toSorted()).toEqual([A, C]);
    expect(fleet.rivalsOf(C)).toEqual([B]);
    expect(fleet.rivalsOf('inference.unknown.1')).toEqual([]);
  });

  it('takes the size of batches that a worker runs most', () => {
    const costs = [cost(A, 1, 0, { bucket: 'x=64' }), cost(A, 9, 0, { bucket: 'x=512', observations: 99, maxRows: 2 })];
    const fleet = new Fleet([report('w', [ready('a')])], [load('w', costs)]);
    expect(fleet.costOf(A)).toMatchObject({ fixedMs: 9, maxRows: 2 });
  });

  it('makes of a fast device and a slow one two that do together as much', () => {
    const workers = [report('fast', [ready('a')]), report('slow', [ready('a')])];
    const fleet = new Fleet(workers, [load('fast', [cost(A, 2, 1)]), load('slow', [cost(A, 200, 100)])]);
    const { fixedMs = NaN, perRowMs = NaN, maxRows = NaN } = fleet.costOf(A) ?? {};
    expect(2 / (fixedMs + perRowMs * maxRows)).toBeCloseTo(1 / 10 + 1 / 1000, 10);
  });

  it('bears devices that take no time at all', () => {
    const fleet = new Fleet([report('w', [ready('a')])], [load('w', [cost(A, 0, 0)])]);
    expect(fleet.costOf(A)).toMatchObject({ fixedMs: 0, perRowMs: 0, maxRows: 8 });
  });
});
