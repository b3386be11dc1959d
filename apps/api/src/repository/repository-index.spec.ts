import type { WorkerReport } from '@sluice/cluster';
import type { ModelReport } from '@sluice/contracts';
import { unregistered } from '@sluice/model-registry';
import { workerReport } from '@sluice/testing';
import { repositoryIndex as indexOf } from './repository-index.js';

const READY = {
  state: 'ready',
  serving: { platform: 'scripted', signature: { inputs: [], outputs: [] }, maxBatchSize: 1, device: 'cpu' },
} as const;
const LOADING = { state: 'loading' } as const;
const AVAILABLE = { state: 'available' } as const;
const UNLOADED = { state: 'unavailable', reason: 'unloaded' } as const;
const BROKEN = { state: 'unavailable', reason: 'no protobuf' } as const;
const report = (version: string, state: object): ModelReport => ({ model: 'm', version, ...state }) as ModelReport;
const workers = (...models: ModelReport[][]): WorkerReport[] =>
  models.map((each, index) => workerReport(`w${index}`, { models: each }));

const repositoryIndex = (reports: readonly WorkerReport[]) => indexOf(reports, [], unregistered);

describe('repositoryIndex', () => {
  it.each([
    ['all serve it', [READY, READY], 'READY', ''],
    ['some cannot', [READY, BROKEN, BROKEN], 'READY', 'ready on 1 of 3 workers: no protobuf'],
    ['some are not there yet', [READY, LOADING], 'READY', 'ready on 1 of 2 workers'],
    ['the first is loading', [BROKEN, LOADING], 'LOADING', 'no protobuf'],
    ['the last is unloading', [UNLOADED, { state: 'unloading' }], 'UNLOADING', 'unloaded'],
    ['none has it in memory', [BROKEN, AVAILABLE], 'READY', 'loaded when it is asked for'],
    ['one begins to', [{ state: 'loading', onDemand: true }], 'READY', 'loaded when it is asked for'],
    ['none serves it', [UNLOADED, UNLOADED], 'UNAVAILABLE', 'unloaded'],
  ])('when %s', (_, states, state, reason) => {
    const index = repositoryIndex(workers(...states.map((each) => [report('1', each)])));
    expect(index).toEqual([{ name: 'm', version: '1', state, reason }]);
  });

  it('counts a worker that does not know the version as one that does not serve it', () => {
    expect(repositoryIndex(workers([report('1', READY)], []))).toMatchObject([{ reason: 'ready on 1 of 2 workers' }]);
  });

  it('is in the order of names and numbers', () => {
    const reports = [report('10', READY), report('9', READY), { ...report('1', READY), model: 'a' }];
    expect(repositoryIndex(workers(reports)).map(({ name, version }) => name + version)).toEqual(['a1', 'm9', 'm10']);
  });

  it('names what was pushed too, and why it is not served', () => {
    const pushed = { digest: '', files: [], config: {}, origin: '', createdAt: 0 };
    const stored = [
      { model: 'm', version: '1', ...pushed },
      { model: 'm', version: '2', ...pushed },
      { model: 'm', version: '3', ...pushed },
      { model: 'n', version: '1', fault: 'it is damaged' },
    ];
    const desired = (model: string) => ({ ...unregistered(model), generation: 1, live: '1', candidate: '2' });
    expect(indexOf(workers([report('1', READY)]), stored, desired)).toEqual([
      { name: 'm', version: '1', state: 'READY', reason: '' },
      { name: 'm', version: '2', state: 'UNAVAILABLE', reason: 'no worker has it yet' },
      { name: 'm', version: '3', state: 'UNAVAILABLE', reason: 'pushed, and not in service: roll it out' },
      { name: 'n', version: '1', state: 'UNAVAILABLE', reason: 'it is damaged' },
    ]);
  });
});
