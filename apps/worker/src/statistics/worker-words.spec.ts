import { workerWords, type WorkerFacts } from './worker-words.js';

const facts = (spec: Partial<WorkerFacts> = {}): WorkerFacts => ({
  stole: new Map(),
  handOff: [],
  models: undefined,
  demand: undefined,
  ...spec,
});

describe('what a worker tells of itself in SCHEDTRACE', () => {
  it('is nothing where nothing happened', () => {
    expect(workerWords(facts())).toEqual([]);
  });

  it('is whom it robbed of how many jobs, and why it leaves its own to others', () => {
    const stole = new Map([
      ['worker-1.host.7.a', 8],
      ['worker-3.host.9.c', 2],
    ]);
    expect(workerWords(facts({ stole, handOff: ['loading', 'memory'] }))).toEqual([
      'stole=[worker-1.host.7.a:8 worker-3.host.9.c:2]',
      'handoff=[loading memory]',
    ]);
  });

  it('is what it has in memory, loads and lets go', () => {
    const models = [
      { queue: 'inference.b.1', state: 'loading' },
      { queue: 'inference.c.2', state: 'available' },
      { queue: 'inference.a.1', state: 'ready' },
      { queue: 'inference.d.1', state: 'failed' },
      { queue: 'inference.c.1', state: 'unloading' },
    ] as const;
    expect(workerWords(facts({ models }))).toEqual(['models=[a.1 +b.1 -c.1]']);
    expect(workerWords(facts({ models: [] }))).toEqual(['models=[]']);
  });

  it('is what is asked of each model, where it decides who has which', () => {
    const demand = new Map([
      ['inference.b.1', { demandMsPerSec: 120.4, backlogMs: 299.6 }],
      ['inference.a.1', { demandMsPerSec: 640, backlogMs: 0 }],
      ['inference.c.1', { demandMsPerSec: 0, backlogMs: 0 }],
    ]);
    expect(workerWords(facts({ demand }))).toEqual(['asked=[a.1:640 b.1:120+300]']);
  });
});
