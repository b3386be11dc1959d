import type { ClusterFacts, QueueFacts } from '../facts.js';
import { ready, worker } from '../worker-report.fixture.js';
import { checkQueues } from './queues.js';

const commands = { redisCli: '', post: 'curl -X POST http://here', put: 'curl -X PUT http://here' };
const queue = (facts: Partial<QueueFacts>): QueueFacts => ({
  name: 'inference.a.1',
  ref: { model: 'a', version: '1' },
  waiting: 0,
  active: 0,
  paused: false,
  ...facts,
});
const judge = (queues: readonly QueueFacts[], facts: Partial<ClusterFacts> = {}) =>
  checkQueues(
    { workers: [worker('w1', [ready('a')])], wishes: new Map(), queues, isComplete: true, maxWaiting: 100, ...facts },
    commands,
  );

describe('checkQueues', () => {
  it('counts what flows', () => {
    expect(judge([queue({ waiting: 3, active: 2 })])).toEqual([
      { level: 'ok', message: '1 queue: 3 jobs waiting, 2 running' },
    ]);
  });

  it('warns of a queue that is paused, with the command that goes on', () => {
    expect(judge([queue({ paused: true })])).toMatchObject([
      { level: 'warning', fix: 'curl -X PUT http://here/queues/api/queues/inference.a.1/resume' },
    ]);
  });

  it.each([
    [49, 'ok'],
    [50, 'warning'],
    [100, 'fault'],
  ])('of 100, %i waiting: %s', (waiting, level) => {
    expect(judge([queue({ waiting })])).toMatchObject([{ level }]);
  });

  it('finds jobs that no worker will take', () => {
    const orphaned = queue({ name: 'inference.b.1', ref: { model: 'b', version: '1' }, waiting: 1 });
    expect(judge([orphaned])).toMatchObject([
      {
        level: 'fault',
        message: '1 job waiting in queue inference.b.1, which no worker alive serves',
        fix: 'curl -X POST http://here/v2/repository/models/b/load',
      },
    ]);
    expect(judge([{ ...orphaned, ref: { model: 'a', version: '2' } }])).toMatchObject([{ level: 'fault' }]);
    const unloaded = new Map([['b', { state: 'unloaded', revision: '1' } as const]]);
    expect(judge([orphaned], { wishes: unloaded })).toMatchObject([{ level: 'warning' }]);
  });

  it('says so when it could not look for queues', () => {
    expect(judge([], { isComplete: false })).toMatchObject([
      { level: 'warning', message: expect.stringContaining('SCAN') },
    ]);
  });
});
