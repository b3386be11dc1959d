import type { WorkerLoad, WorkerReport } from '@sluice/cluster';
import { activitySince } from '@sluice/telemetry';
import { clusterReport, type ClusterFacts } from './cluster-report.js';

const worker = (id: string): WorkerReport => ({
  id,
  host: 'host',
  pid: 7,
  device: 'cpu',
  state: 'serving',
  startedAt: 1_700_000_000_000,
  models: [{ model: 'm', version: '1', state: 'unavailable', reason: 'no such file' }],
  applied: {},
});
const load = (workerId: string, inferenceMs: number, updateMs: number, batches = 0, rows = 0): WorkerLoad => ({
  workerId,
  at: 1_700_000_060_000,
  device: 'running',
  searching: false,
  leasedNotStarted: 2,
  classes: [
    { name: 'inference', weight: 70, deviceMs: inferenceMs, busy: true },
    { name: 'model-update', weight: 30, deviceMs: updateMs, busy: false },
  ],
  batches,
  rows,
  slices: updateMs / 10,
  expired: 0,
  stolen: 0,
  buffers: { outstanding: 0, keptBytes: 0 },
  handOff: [],
  loopGapMs: 3,
  update: { name: 'profile m 1', progress: 0.5 },
  costs: [],
});
const LOADS = [load('a', 700, 300, 30, 240), load('b', 100, 0, 10, 10)];
const FACTS: ClusterFacts = {
  at: 1_700_000_061_000,
  uptimeMs: 61_000,
  apiId: 'api-1',
  workers: [worker('a'), worker('b'), worker('silent')],
  loads: LOADS,
  interval: {
    ms: 1_000,
    activities: new Map([
      ['a', activitySince(load('a', 640, 270, 20, 200), LOADS[0]!)],
      ['b', activitySince(load('b', 90, 0, 10, 10), LOADS[1]!)],
    ]),
    refused: 5,
    loopGapMs: 9,
  },
  queues: [
    { name: 'inference.m.1', owner: undefined, waiting: 17, active: 8, paused: false },
    { name: 'model-update', owner: undefined, waiting: 0, active: 0, paused: false },
    { name: 'model-update@a', owner: 'a', waiting: 3, active: 1, paused: false },
  ],
  refusals: { queue_full: 9 },
};

describe('the report on the cluster', () => {
  it('has the summary that SCHEDTRACE prints', () => {
    expect(clusterReport(FACTS).summary).toEqual({
      uptimeMs: 61_000,
      workers: 2,
      idle: 0,
      searching: 0,
      leasedNotStarted: 4,
      shared: [17, 0],
      own: [3],
      shares: [
        { name: 'inference', target: 70, interval: 70, sinceStart: expect.closeTo((100 * 800) / 1100) },
        { name: 'model-update', target: 30, interval: 30, sinceStart: expect.closeTo((100 * 300) / 1100) },
      ],
      batches: 10,
      meanRows: 4,
      slices: 3,
      expired: 0,
      refused: 5,
      loopGapMs: 9,
    });
  });

  it('has each worker with what it told, and what it did in the interval', () => {
    const { workers } = clusterReport(FACTS);
    expect(workers.map(({ id, load: told }) => [id, told !== undefined])).toEqual([
      ['a', true],
      ['b', true],
      ['silent', false],
    ]);
    expect(workers[0]).toMatchObject({
      started: '2023-11-14T22:13:20.000Z',
      models: [{ model: 'm', version: '1', state: 'unavailable', reason: 'no such file' }],
      load: {
        told: '2023-11-14T22:14:20.000Z',
        batches: 30,
        update: { name: 'profile m 1', progress: 0.5 },
        interval: {
          shares: [{ interval: expect.closeTo(66.67, 1), sinceStart: 70 }, { interval: expect.closeTo(33.33, 1) }],
          batches: 10,
          meanRows: 4,
          slices: 3,
        },
      },
    });
    expect(workers[1]?.load?.interval).toMatchObject({
      batches: 0,
      meanRows: undefined,
      shares: [{ interval: 100 }, {}],
    });
    expect(JSON.stringify(clusterReport(FACTS))).not.toContain('workerId');
  });

  it('has the queues, and what this API refused', () => {
    const { queues, api, intervalMs } = clusterReport(FACTS);
    expect(queues).toBe(FACTS.queues);
    expect(api).toEqual({ id: 'api-1', loopGapMs: 9, refusals: { queue_full: 9 } });
    expect(intervalMs).toBe(1_000);
  });
});
