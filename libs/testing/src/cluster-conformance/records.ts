import type { ModelStatistics } from '@sluice/cluster';
import type { ClusterFixture } from './cluster-fixture.js';
import type { ModelProfile } from '@sluice/contracts';

const REF = { model: 'm', version: '2' };

/** Of so many requests of 2 rows each, in one batch; every duration is `ns`. */
function counted(requests: number, ns: number, lastInference: number): ModelStatistics {
  const [each, once] = [
    { count: requests, ns: requests * ns },
    { count: 1, ns },
  ];
  const stages = { compute_input: each, compute_infer: each, compute_output: each };
  const batch = { rows: requests * 2, compute_input: once, compute_infer: once, compute_output: once };
  return {
    ref: REF,
    lastInference,
    inferenceCount: requests * 2,
    executionCount: 1,
    requests: { success: each, fail: { count: 0, ns: 0 }, queue: each, ...stages },
    batches: [batch],
  };
}

function profile(deviceKind: string, measuredAt: number): ModelProfile {
  const points = [
    { rows: 1, ms: 1.5 },
    { rows: 2, ms: 2 },
  ];
  return {
    ...REF,
    deviceKind,
    fingerprint: `measured at ${measuredAt}`,
    buckets: { '': points, '16': points },
    bestBatch: { '': 2, '16': 2 },
    attempts: 1,
    measuredAt,
  };
}

/** What stays when its worker is gone. */
export function describeRecords(at: () => ClusterFixture): void {
  it('keeps the latest wish for each model, and tells those who watch, whoever expressed it', async () => {
    const [api, worker] = [await at().member(), await at().member()];
    expect(await worker.modelStates()).toEqual(new Map());
    let calls = 0;
    let called = () => {};
    await worker.watchModelStates(() => {
      calls++;
      called();
    });
    const change = new Promise<void>((resolve) => (called = resolve));
    const first = await api.setModelState('a', 'unloaded');
    await at().settled(change);
    expect(calls).toBe(1);
    expect(await worker.modelStates()).toEqual(new Map([['a', first]]));
    const other = await api.setModelState('b', 'loaded');
    const second = await api.setModelState('a', 'unloaded');
    expect(second).toMatchObject({ state: 'unloaded' });
    expect(second.revision).not.toBe(first.revision);
    await api.stop();
    const late = await at().member();
    expect(await late.modelStates()).toEqual(
      new Map([
        ['a', second],
        ['b', other],
      ]),
    );
  });

  it('adds up what workers count, each of their calls once, and keeps it when they are gone', async () => {
    const [one, two, api] = [await at().member(), await at().member(), await at().member()];
    await one.addStatistics('one', 1, [counted(3, 100, 5_000)]);
    await one.addStatistics('one', 1, [counted(3, 100, 5_000)]);
    await two.addStatistics('two', 1, [counted(1, 7, 4_000)]);
    await one.addStatistics('one', 2, [counted(3, 50, 6_000)]);
    await one.addStatistics('one', 1, [counted(3, 100, 9_000)]);
    await Promise.all([one.stop(), two.stop()]);
    const [sum, none] = await api.statistics([REF, { model: 'm', version: '3' }]);
    const every = { count: 7, ns: 457 };
    const [small, large] = [
      { count: 1, ns: 7 },
      { count: 2, ns: 150 },
    ];
    expect(sum).toEqual({
      ref: REF,
      lastInference: 6_000,
      inferenceCount: 14,
      executionCount: 3,
      requests: {
        success: every,
        fail: { count: 0, ns: 0 },
        queue: every,
        compute_input: every,
        compute_infer: every,
        compute_output: every,
      },
      batches: [
        { rows: 2, compute_input: small, compute_infer: small, compute_output: small },
        { rows: 6, compute_input: large, compute_infer: large, compute_output: large },
      ],
    });
    expect(none).toMatchObject({ lastInference: 0, inferenceCount: 0, executionCount: 0, batches: [] });
  });

  it('keeps the newest profile of a version for each kind of device, when its worker is gone too', async () => {
    const [worker, api] = [await at().member(), await at().member()];
    expect(await api.profiles(REF)).toEqual([]);
    await worker.saveProfile(profile('cpu: 2 threads', 2_000));
    await worker.saveProfile(profile('cuda: H200', 500));
    await worker.saveProfile({ ...profile('cpu: 2 threads', 9_000), version: '3' });
    await worker.stop();
    const other = await at().member();
    await other.saveProfile(profile('cpu: 2 threads', 1_000));
    await other.saveProfile(profile('cuda: H200', 3_000));
    const kept = (await api.profiles(REF)).toSorted((a, b) => a.deviceKind.localeCompare(b.deviceKind));
    expect(kept).toEqual([profile('cpu: 2 threads', 2_000), profile('cuda: H200', 3_000)]);
  });

  it('counts who asked for a model that no worker had in memory', async () => {
    const [one, two] = [await at().member(), await at().member()];
    expect(await one.askedFor()).toEqual(new Map());
    await Promise.all([one.askFor('inference.m.2'), two.askFor('inference.m.2'), two.askFor('inference.n.1')]);
    const counts = new Map([
      ['inference.m.2', 2],
      ['inference.n.1', 1],
    ]);
    expect(await two.askedFor()).toEqual(counts);
  });
}
