import type { ModelReport } from '@sluice/contracts';
import { ready, worker } from '../worker-report.fixture.js';
import { checkModels } from './models.js';

const commands = { redisCli: '', post: 'curl -X POST http://here', put: '' };
const broken: ModelReport = { model: 'a', version: '1', state: 'unavailable', reason: 'no such device' };
const loading: ModelReport = { model: 'a', version: '1', state: 'loading' };
const wishes = new Map();

describe('checkModels', () => {
  it('counts the workers that have a model ready', () => {
    const workers = [worker('w1', [ready('a')]), worker('w2', [ready('a')]), worker('w3', [ready('b')])];
    expect(checkModels({ workers, wishes }, commands)).toEqual([
      { level: 'ok', message: 'a version 1 is ready on 2 workers' },
      { level: 'ok', message: 'b version 1 is ready on 1 worker' },
    ]);
  });

  it('finds a model that nobody can serve, with the reason, once', () => {
    expect(checkModels({ workers: [worker('w1', [broken]), worker('w2', [broken])], wishes }, commands)).toEqual([
      {
        level: 'fault',
        message: 'a version 1 is not served by w1, w2: no such device',
        fix: 'curl -X POST http://here/v2/repository/models/a/load',
      },
    ]);
  });

  it('warns where others have it, or it is being loaded', () => {
    expect(
      checkModels({ workers: [worker('w1', [ready('a')]), worker('w2', [broken])], wishes }, commands),
    ).toMatchObject([{ level: 'ok' }, { level: 'warning' }]);
    expect(checkModels({ workers: [worker('w1', [loading])], wishes }, commands)).toMatchObject([
      { level: 'warning', message: expect.stringContaining('it is being loaded') },
    ]);
  });

  it('says nothing of a model that its operator has unloaded', () => {
    const unloaded = new Map([['a', { state: 'unloaded', revision: '1' } as const]]);
    expect(checkModels({ workers: [worker('w1', [broken])], wishes: unloaded }, commands)).toEqual([]);
  });
});
