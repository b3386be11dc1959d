import { Holds } from '../lifecycle/holds.js';
import { BufferPool } from '../batch/buffer-pool.js';
import { Raggedness } from '../batch/raggedness.js';
import { ModelCosts } from '../execute/model-costs.js';
import type { HostedModel } from '../lifecycle/hosted-model.js';
import { stageJob, type StagedJob } from './staged-job.js';
import { Staging } from './staging.js';

const hosted = (name: string, maxBatchSize: number): HostedModel => ({
  ref: { model: name, version: '1' },
  queue: `inference.${name}.1`,
  homeQueues: [`inference.${name}.1`],
  queues: [`inference.${name}.1`],
  serving: { platform: 'scripted', signature: { inputs: [], outputs: [] }, maxBatchSize, device: 'test' },
  loaded: {
    signature: { inputs: [], outputs: [{ name: 'y', datatype: 'UINT8', shape: [-1] }] },
    device: 'test',
    hasBatchDimension: maxBatchSize > 0,
    run: () => Promise.reject(new Error('not run here')),
    release: async () => {},
  },
  loadMs: 0,
  fingerprint: '',
  shareClass: 'inference',
  holding: { maxQueueDelayMs: 0, preferredRows: [] },
  raggedness: new Raggedness([], { inputs: [], outputs: [] }),
  costs: new ModelCosts(maxBatchSize),
  holds: new Holds(),
});
const model = hosted('m', 4);
let jobs = 0;
const staged = (
  spec: { rows?: number; width?: number; deaths?: number; expiresAt?: number; of?: HostedModel } = {},
): StagedJob => {
  const { rows = 1, width = 2, deaths = 0, expiresAt = 60_000, of = model } = spec;
  const jobId = `job-${++jobs}`;
  const lease = { queue: of.queue, jobId, holder: 'w', token: 't', attempt: 1 };
  const payload = new Uint8Array();
  const inputs = [{ name: 'x', datatype: 'UINT8' as const, shape: [rows, width], bytes: new Uint8Array(rows * width) }];
  return stageJob(
    {
      lease,
      priority: 1,
      enqueuedAt: 0,
      expiresAt,
      payload,
      deaths: { inCompany: deaths, alone: 0 },
    },
    { ...of.ref, rows, inputs, outputs: ['y'] },
    of,
    0,
    0,
  );
};
const rowsOf = (batch: { jobs: readonly StagedJob[] } | undefined) => batch?.jobs.map(({ rows }) => rows);

describe('Staging', () => {
  let staging: Staging;
  beforeEach(() => {
    staging = new Staging(new BufferPool());
  });

  it('asks for anything while it is empty, then for what still fits, then for nothing', () => {
    expect(staging.room).toBe('all');
    staging.add([staged(), staged({ rows: 2 })]);
    expect([staging.room, staging.queues]).toEqual([1, ['inference.m.1']]);
    staging.add([staged()]);
    expect(staging.room).toBe(0);
    staging.take(0);
    expect([staging.room, staging.queues]).toEqual(['all', undefined]);
  });

  it('keeps what does not fit as the next batch, in order', () => {
    staging.add([staged(), staged({ rows: 4 }), staged({ rows: 2 })]);
    expect(staging.room).toBe(0);
    expect(rowsOf(staging.take(0).batch)).toEqual([1]);
    expect(rowsOf(staging.take(0).batch)).toEqual([4]);
    expect(rowsOf(staging.take(0).batch)).toEqual([2]);
    expect(staging.take(0).batch).toBeUndefined();
  });

  it('never mixes signatures', () => {
    staging.add([staged({ width: 2 }), staged({ width: 3 }), staged({ width: 3 })]);
    const [first, second] = [staging.take(0).batch, staging.take(0).batch];
    expect(first?.jobs).toHaveLength(1);
    expect(second?.jobs.map(({ batchKey }) => batchKey)).toEqual(['x:UINT8[3]', 'x:UINT8[3]']);
  });

  it('runs a request alone whose worker has died, and one of a model without a batch dimension', () => {
    staging.add([staged({ deaths: 1 }), staged()]);
    expect(staging.room).toBe(0);
    expect(staging.take(0).batch?.jobs).toHaveLength(1);
    const alone = hosted('scalar', 0);
    const other = new Staging(new BufferPool());
    other.add([staged({ of: alone }), staged({ of: alone })]);
    expect(other.take(0).batch?.jobs).toHaveLength(1);
  });

  it('forgets what was lost and keeps the rest in order', () => {
    const [one, two, three] = [staged({ rows: 3 }), staged(), staged({ rows: 4 })];
    staging.add([one, two, three]);
    expect(staging.remove(new Set([one.leased.lease.jobId]))).toEqual([one]);
    expect(rowsOf(staging.take(0).batch)).toEqual([1]);
    expect(rowsOf(staging.take(0).batch)).toEqual([4]);
  });

  it('forgets everything when it is emptied', () => {
    staging.add([staged(), staged({ rows: 4 })]);
    expect(staging.remove()).toHaveLength(2);
    expect(staging.take(0).batch).toBeUndefined();
  });

  it('puts the nearest deadline first, and hands out what has expired instead of running it', () => {
    const [late, soon, gone] = [staged({ expiresAt: 900 }), staged({ expiresAt: 500 }), staged({ expiresAt: 100 })];
    staging.add([late, soon, gone]);
    const { batch, expired } = staging.take(100);
    expect(batch?.jobs).toEqual([soon, late]);
    expect(expired).toEqual([gone]);
  });

  it('runs fewer requests when all of them together would be late, and keeps the others', () => {
    const costly = hosted('costly', 8);
    for (let run = 0; run < 20; run++) for (const rows of [1, 2, 4, 8]) costly.costs.of('').observe(rows, 10 * rows);
    const hurried = staged({ of: costly, expiresAt: 25 });
    staging.add([hurried, ...Array.from({ length: 5 }, () => staged({ of: costly }))]);
    expect(rowsOf(staging.take(0).batch)).toEqual([1, 1]);
    expect(staging.room).toBe(4);
    expect(rowsOf(staging.take(0).batch)).toHaveLength(4);
  });

  it('waits for more rows only for a model that is configured to', () => {
    const patient = { ...model, holding: { maxQueueDelayMs: 5, preferredRows: [2] } };
    staging.add([staged({ of: patient })]);
    expect(staging.startAt(0)).toBe(5);
    staging.add([staged({ of: patient })]);
    expect(staging.startAt(0)).toBe(0);
    expect(new Staging(new BufferPool()).startAt(0)).toBe(Infinity);
  });
});
