import { Holds } from '../lifecycle/holds.js';
import { BufferPool } from '../batch/buffer-pool.js';
import type { HostedModel } from '../lifecycle/hosted-model.js';
import { stageJob, type StagedJob } from './staged-job.js';
import { Staging } from './staging.js';

const hosted = (name: string, maxBatchSize: number): HostedModel => ({
  ref: { model: name, version: '1' },
  queue: `inference.${name}.1`,
  serving: { platform: 'scripted', signature: { inputs: [], outputs: [] }, maxBatchSize, device: 'test' },
  loaded: {
    signature: { inputs: [], outputs: [{ name: 'y', datatype: 'UINT8', shape: [-1] }] },
    device: 'test',
    hasBatchDimension: maxBatchSize > 0,
    run: () => Promise.reject(new Error('not run here')),
    release: async () => {},
  },
  fingerprint: '',
  holds: new Holds(),
});
const model = hosted('m', 4);
let jobs = 0;
const staged = (spec: { rows?: number; width?: number; deaths?: number; of?: HostedModel } = {}): StagedJob => {
  const { rows = 1, width = 2, deaths = 0, of = model } = spec;
  const jobId = `job-${++jobs}`;
  const lease = { queue: of.queue, jobId, holder: 'w', token: 't', attempt: 1 };
  const payload = new Uint8Array();
  const inputs = [{ name: 'x', datatype: 'UINT8' as const, shape: [rows, width], bytes: new Uint8Array(rows * width) }];
  return stageJob(
    {
      lease,
      replyTo: 'api',
      priority: 1,
      enqueuedAt: 0,
      expiresAt: 0,
      payload,
      deaths: { inCompany: deaths, alone: 0 },
    },
    { ...of.ref, rows, inputs, outputs: ['y'] },
    of,
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
    expect([staging.room, staging.queue]).toEqual([1, 'inference.m.1']);
    staging.add([staged()]);
    expect(staging.room).toBe(0);
    staging.take();
    expect([staging.room, staging.queue]).toEqual(['all', undefined]);
  });

  it('keeps what does not fit as the next batch, in order', () => {
    staging.add([staged(), staged({ rows: 4 }), staged({ rows: 2 })]);
    expect(staging.room).toBe(0);
    expect(rowsOf(staging.take())).toEqual([1]);
    expect(rowsOf(staging.take())).toEqual([4]);
    expect(rowsOf(staging.take())).toEqual([2]);
    expect(staging.take()).toBeUndefined();
  });

  it('never mixes signatures', () => {
    staging.add([staged({ width: 2 }), staged({ width: 3 }), staged({ width: 3 })]);
    const [first, second] = [staging.take(), staging.take()];
    expect(first?.jobs).toHaveLength(1);
    expect(second?.jobs.map(({ batchKey }) => batchKey)).toEqual(['x:UINT8[3]', 'x:UINT8[3]']);
  });

  it('runs a request alone whose worker has died, and one of a model without a batch dimension', () => {
    staging.add([staged({ deaths: 1 }), staged()]);
    expect(staging.room).toBe(0);
    expect(staging.take()?.jobs).toHaveLength(1);
    const alone = hosted('scalar', 0);
    const other = new Staging(new BufferPool());
    other.add([staged({ of: alone }), staged({ of: alone })]);
    expect(other.take()?.jobs).toHaveLength(1);
  });

  it('forgets what was lost and keeps the rest in order', () => {
    const [one, two, three] = [staged({ rows: 3 }), staged(), staged({ rows: 4 })];
    staging.add([one, two, three]);
    expect(staging.remove(new Set([one.leased.lease.jobId]))).toEqual([one]);
    expect(rowsOf(staging.take())).toEqual([1]);
    expect(rowsOf(staging.take())).toEqual([4]);
  });

  it('forgets everything when it is emptied', () => {
    staging.add([staged(), staged({ rows: 4 })]);
    expect(staging.remove()).toHaveLength(2);
    expect(staging.take()).toBeUndefined();
  });
});
