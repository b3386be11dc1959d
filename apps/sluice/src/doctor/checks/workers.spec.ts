import { worker } from '../worker-report.fixture.js';
import { checkWorkers } from './workers.js';

describe('checkWorkers', () => {
  it('names those that are alive, with their devices', () => {
    expect(checkWorkers({ workers: [worker('worker-1', []), worker('worker-2', [])] })).toEqual([
      { level: 'ok', message: '2 workers alive: worker-1 (cpu), worker-2 (cpu)' },
    ]);
  });

  it('finds that there is none, also when those that are there leave', () => {
    expect(checkWorkers({ workers: [] })).toMatchObject([{ level: 'fault' }]);
    expect(checkWorkers({ workers: [worker('worker-1', [], 'draining')] })).toMatchObject([
      { level: 'fault' },
      { level: 'warning', message: expect.stringContaining('worker-1 is draining') },
    ]);
  });
});
