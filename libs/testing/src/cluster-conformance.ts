import type { Cluster, ModelStatistics, Reply, WorkerReport } from '@sluice/cluster';

export interface ClusterFixture {
  /** Another member of the same cluster, as a process of its own would be. */
  member(): Promise<Cluster>;
  close(): Promise<void>;
}

export function workerReport(id: string, spec: Partial<WorkerReport> = {}): WorkerReport {
  const identity = { id, host: 'test', pid: 1, device: 'cpu', startedAt: 0 };
  return { ...identity, state: 'serving', models: [], applied: {}, ...spec };
}

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

export function describeCluster(name: string, open: () => Promise<ClusterFixture>): void {
  describe(`${name} is a cluster`, () => {
    let fixture: ClusterFixture;
    beforeEach(async () => {
      fixture = await open();
    });
    afterEach(() => fixture.close());

    const idsSeenBy = async (member: Cluster) => (await member.workers()).map(({ id }) => id).toSorted();

    it('shows the workers that joined, as they last reported, until they leave', async () => {
      const [one, two, api] = [await fixture.member(), await fixture.member(), await fixture.member()];
      await one.join(workerReport('one'));
      await two.join(workerReport('two', { state: 'starting' }));
      await two.update(workerReport('two', { state: 'serving', device: 'cuda:0' }));
      expect(await idsSeenBy(api)).toEqual(['one', 'two']);
      expect((await api.workers()).find(({ id }) => id === 'two')).toMatchObject({
        device: 'cuda:0',
        state: 'serving',
      });
      await one.leave();
      await one.leave();
      expect(await idsSeenBy(api)).toEqual(['two']);
      await two.stop();
      expect(await idsSeenBy(api)).toEqual([]);
    });

    it('remembers what a worker was running after it is gone', async () => {
      const [victim, other] = [await fixture.member(), await fixture.member()];
      await victim.join(workerReport('victim'));
      victim.announceRun('victim', ['a', 'b']);
      victim.announceRun('victim', ['c']);
      // Announcements are ordered before what is sent later.
      await victim.leave();
      expect(await other.lastRun('victim')).toEqual(['c']);
      expect(await other.lastRun('unheard-of')).toEqual([]);
    });

    it('delivers replies to the API process they are for, all of a call at once, bytes unchanged', async () => {
      const [worker, api, otherApi] = [await fixture.member(), await fixture.member(), await fixture.member()];
      const received: (readonly Reply[])[] = [];
      let arrived = () => {};
      const arrival = new Promise<void>((resolve) => (arrived = resolve));
      const onReplies = (replies: readonly Reply[]) => {
        received.push(replies);
        arrived();
      };
      await api.subscribe('api-1', onReplies, () => {});
      await otherApi.subscribe(
        'api-2',
        () => expect.unreachable('not for this process'),
        () => {},
      );
      const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
      const error = { code: 'inference_failed', message: 'no' } as const;
      const delivered = await worker.reply('api-1', [
        { jobId: 'a', result: bytes },
        { jobId: 'b', error },
        { jobId: 'c', result: new Uint8Array() },
      ]);
      await arrival;
      expect(delivered).toBe(true);
      expect(received).toHaveLength(1);
      const [a, b, c] = received[0] ?? [];
      expect(a && 'result' in a && Buffer.from(a.result).equals(bytes)).toBe(true);
      expect(b).toEqual({ jobId: 'b', error });
      expect(c && 'result' in c && c.result.byteLength).toBe(0);
    });

    it('says when nobody listens', async () => {
      const worker = await fixture.member();
      expect(await worker.reply('nobody', [{ jobId: 'a', result: new Uint8Array(1) }])).toBe(false);
    });

    it('keeps the latest wish for each model, and tells those who watch, whoever expressed it', async () => {
      const [api, worker] = [await fixture.member(), await fixture.member()];
      expect(await worker.modelStates()).toEqual(new Map());
      let calls = 0;
      let called = () => {};
      await worker.watchModelStates(() => {
        calls++;
        called();
      });
      const change = new Promise<void>((resolve) => (called = resolve));
      const first = await api.setModelState('a', 'unloaded');
      await change;
      expect(calls).toBe(1);
      expect(await worker.modelStates()).toEqual(new Map([['a', first]]));
      const other = await api.setModelState('b', 'loaded');
      const second = await api.setModelState('a', 'unloaded');
      expect(second).toMatchObject({ state: 'unloaded' });
      expect(second.revision).not.toBe(first.revision);
      await api.stop();
      const late = await fixture.member();
      expect(await late.modelStates()).toEqual(
        new Map([
          ['a', second],
          ['b', other],
        ]),
      );
    });

    it('adds up what workers count, each of their calls once, and keeps it when they are gone', async () => {
      const [one, two, api] = [await fixture.member(), await fixture.member(), await fixture.member()];
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

    it('answers a ping, and stops twice, and without a start', async () => {
      const member = await fixture.member();
      await member.ping();
      await member.stop();
      await member.stop();
    });
  });
}
