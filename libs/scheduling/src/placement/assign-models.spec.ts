import { assignModels } from './assign-models.js';
import { applied, copy, loaded, need, NOW, worker } from './fleet.fixture.js';

describe('the assignment of models', () => {
  it('leaves alone what nobody asks for, as long as nobody needs the room', () => {
    const workers = [worker('w0', 2, copy('a', { lastUsedAt: 0 })), worker('w1', 2)];
    expect(assignModels({ workers, models: [need('a'), need('b')], now: NOW })).toEqual({ loads: [], unloads: [] });
  });

  it('lets the least recently used of the fleet leave for a model that is asked for', () => {
    const workers = [
      worker('w0', 2, copy('a', { lastUsedAt: 7 }), copy('b', { lastUsedAt: 9 })),
      worker('w1', 2, copy('c', { lastUsedAt: 5 }), copy('d', { lastUsedAt: 8 })),
    ];
    const models = [...['a', 'b', 'c', 'd'].map((queue) => need(queue)), need('e', { backlogMs: 1 })];
    expect(assignModels({ workers, models, now: NOW })).toEqual({
      loads: [{ workerId: 'w1', queue: 'e' }],
      unloads: [{ workerId: 'w1', queue: 'c' }],
    });
  });

  it('unloads no small ones where a large one makes the room alone', () => {
    const small = [copy('a', { lastUsedAt: 1 }), copy('b', { lastUsedAt: 2 })];
    const workers = [worker('w0', 6, ...small, copy('c', { bytes: 4, lastUsedAt: 3 }))];
    expect(assignModels({ workers, models: [need('d', { bytes: 4, backlogMs: 1 })], now: NOW }).unloads).toEqual([
      { workerId: 'w0', queue: 'c' },
    ]);
  });

  it('takes the second copy of one for the first of another, and never the last', () => {
    const busy = { demandMsPerSec: 1_000 };
    const workers = [worker('w0', 1, copy('a')), worker('w1', 1, copy('a'))];
    const models = [need('a', busy), need('b', busy), need('c', busy)];
    const first = assignModels({ workers, models, now: NOW });
    expect(first.loads.map(({ queue }) => queue)).toEqual(['b']);
    const after = loaded(applied({ workers, models, now: NOW }, first));
    expect(assignModels(after)).toEqual({ loads: [], unloads: [] });
  });

  it('loads a model whose worker is full on others, the one with the least to do first', () => {
    const workers = [worker('w0', 2, copy('a')), worker('w1', 2, copy('b')), worker('w2', 2)];
    const models = (demandMsPerSec: number) => [need('a', { demandMsPerSec }), need('b', { demandMsPerSec: 300 })];
    const loads = (demand: number) => assignModels({ workers, models: models(demand), now: NOW }).loads;
    expect(loads(700)).toEqual([]);
    expect(loads(701)).toEqual([{ workerId: 'w2', queue: 'a' }]);
    expect(loads(1_500)).toEqual([
      { workerId: 'w2', queue: 'a' },
      { workerId: 'w1', queue: 'a' },
    ]);
  });

  it('sees that a worker is full of many models, of which none is large', () => {
    const small = ['a', 'b', 'c'].map((queue) => need(queue, { demandMsPerSec: 300 }));
    const workers = [worker('w0', 3, copy('a'), copy('b'), copy('c')), worker('w1', 3)];
    expect(assignModels({ workers, models: small, now: NOW }).loads).toEqual([{ workerId: 'w1', queue: 'a' }]);
  });

  it('counts what waits, but not what is done before a load would end', () => {
    const workers = [worker('w0', 1, copy('a')), worker('w1', 1)];
    const loads = (backlogMs: number, loadMs: number) =>
      assignModels({ workers, models: [need('a', { backlogMs, loadMs })], now: NOW }).loads.length;
    expect(loads(3_500, 1_000)).toBe(0);
    expect(loads(3_501, 1_000)).toBe(1);
    expect(loads(3_501, 3_501)).toBe(0);
  });

  it('takes a copy that is not missed for a model whose workers are full, and none that is', () => {
    const workers = [worker('w0', 1, copy('a')), worker('w1', 1, copy('b')), worker('w2', 1, copy('b'))];
    const models = (demandMsPerSec: number) => [need('a', { demandMsPerSec: 1_200 }), need('b', { demandMsPerSec })];
    const decide = (demand: number) => assignModels({ workers, models: models(demand), now: NOW });
    expect(decide(200)).toEqual({
      loads: [{ workerId: 'w1', queue: 'a' }],
      unloads: [{ workerId: 'w1', queue: 'b' }],
    });
    expect(decide(501)).toEqual({ loads: [], unloads: [] });
  });

  it('lets no copy leave for one that is still loading', () => {
    const workers = [worker('w0', 1, copy('a')), worker('w1', 1, copy('a', { state: 'loading' }))];
    const models = [need('a', { demandMsPerSec: 1 }), need('b', { backlogMs: 1 })];
    expect(assignModels({ workers, models, now: NOW })).toEqual({ loads: [], unloads: [] });
    expect(assignModels(loaded({ workers, models, now: NOW })).loads).toEqual([{ workerId: 'w0', queue: 'b' }]);
  });

  it('does not load it where that makes nothing faster', () => {
    const busy = need('b', { demandMsPerSec: 5_000, minWorkers: 2 });
    const workers = [worker('w0', 1, copy('a')), worker('w1', 2, copy('b')), worker('w2', 1, copy('b'))];
    const models = [need('a', { demandMsPerSec: 1_400 }), busy];
    expect(assignModels({ workers, models, now: NOW })).toEqual({ loads: [], unloads: [] });
  });

  it('keeps what is pinned without demand, and makes a worker hold no more than it may', () => {
    const workers = [worker('w0', 1, copy('a'), copy('b', { lastUsedAt: 0 }), copy('c'), copy('d', { held: true }))];
    const models = [need('a', { pinned: true }), need('b', { pinned: true }), need('c')];
    expect(assignModels({ workers, models, now: NOW }).unloads).toEqual([{ workerId: 'w0', queue: 'c' }]);
    expect(assignModels({ workers: [worker('w0', 1)], models, now: NOW }).loads).toEqual([
      { workerId: 'w0', queue: 'a' },
    ]);
  });

  it('does not load what it just unloaded: then it stays, and another leaves', () => {
    const workers = [
      worker('w0', 1, copy('a', { lastUsedAt: 1 }), copy('b', { lastUsedAt: 2 })),
      worker('w1', 2, copy('a'), copy('b')),
    ];
    const models = [need('a', { demandMsPerSec: 1_600 }), need('b', { demandMsPerSec: 1 })];
    expect(assignModels({ workers, models, now: NOW })).toEqual({
      loads: [],
      unloads: [{ workerId: 'w0', queue: 'b' }],
    });
  });
});
