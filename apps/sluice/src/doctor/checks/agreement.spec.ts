import { ready, worker } from '../worker-report.fixture.js';
import { checkAgreement } from './agreement.js';

const commands = { redisCli: '', post: 'curl -X POST http://here', put: '' };

describe('checkAgreement', () => {
  it('is silent where all hold the same, on whatever device', () => {
    const workers = [worker('w1', [ready('a')]), worker('w2', [ready('a', { device: 'cuda:0' })])];
    expect(checkAgreement({ workers }, commands)).toEqual([]);
  });

  it('warns of workers that hold another model under the same name', () => {
    const other = { signature: { inputs: [], outputs: [] } };
    const workers = [worker('w1', [ready('a')]), worker('w2', [ready('a', other)]), worker('w3', [ready('a')])];
    const [finding] = checkAgreement({ workers }, commands);
    expect(finding).toMatchObject({ level: 'warning', message: 'workers disagree about a version 1: w1, w3 | w2' });
    expect(finding?.fix).toContain('http://here/v2/repository/models/a/load');
  });

  it('warns of a worker that lacks a model of the others, once it has loaded what it has', () => {
    const starting = [worker('w1', [ready('a')]), worker('w2', [], 'starting')];
    expect(checkAgreement({ workers: starting }, commands)).toEqual([]);
    expect(checkAgreement({ workers: [worker('w1', [ready('a')]), worker('w2', [])] }, commands)).toMatchObject([
      { level: 'warning', message: 'a version 1 is unknown to w2, others have it' },
    ]);
  });
});
