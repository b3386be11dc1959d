import type { WorkerLoad, WorkerReport } from '@sluice/cluster';

export function workerReport(id: string, spec: Partial<WorkerReport> = {}): WorkerReport {
  const identity = { id, host: 'test', pid: 1, device: 'cpu', startedAt: 0 };
  return { ...identity, state: 'serving', models: [], applied: {}, ...spec };
}

export function workerLoad(workerId: string, spec: Partial<WorkerLoad> = {}): WorkerLoad {
  return {
    workerId,
    at: 1_700_000_000_000,
    device: 'idle',
    searching: false,
    leasedNotStarted: 0,
    classes: [{ name: 'inference', weight: 70, deviceMs: 12.5, busy: false }],
    batches: 0,
    rows: 0,
    slices: 0,
    expired: 0,
    stolen: 0,
    buffers: { outstanding: 0, keptBytes: 0 },
    handOff: [],
    loopGapMs: 1.5,
    memory: {
      budgetBytes: 100,
      models: [{ queue: 'inference.m.2', state: 'ready', bytes: 60, lastUsedAt: 5, held: true, loadMs: 1.5 }],
    },
    costs: [
      {
        queue: 'inference.m.2',
        bucket: '',
        maxRows: 32,
        fixedMs: 1.25,
        perRowMs: 0.5,
        error: undefined,
        observations: 3,
      },
    ],
    arms: [
      {
        model: 'm',
        version: '2',
        generation: 7,
        answered: 3,
        failed: 1,
        latency: { count: 2, sum: 9.5, squares: 46 },
        compute: { count: 1, sum: -0.5, squares: 0.25 },
        rows: { count: 1, sum: 0.7, squares: 0.49 },
      },
    ],
    ...spec,
  };
}
