import type { Cluster, ModelStatistics, Reply } from '@sluice/cluster';
import type { ModelProfile } from '@sluice/contracts';
import { workerLoad, workerReport } from './worker-samples.js';

export interface ClusterFixture {
  /** Another member of the same cluster, as a process of its own would be. */
  member(): Promise<Cluster>;
  /** As when its process hangs, or its network is gone. */
  cutOff(member: Cluster): Promise<void>;
  /** How long a worker counts as alive without being heard of. */
  readonly presenceMs: number;
  pass(ms: number): Promise<void>;
  /** Lets time go by until a promise settles. */
  settled<T>(promise: Promise<T>): Promise<T>;
  close(): Promise<void>;
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
      await fixture.settled(arrival);
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
      await fixture.settled(change);
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

    it('takes a worker that is not heard of for gone, and no other', async () => {
      const [silent, heard, observer] = [await fixture.member(), await fixture.member(), await fixture.member()];
      await silent.join(workerReport('silent'));
      await heard.join(workerReport('heard'));
      await fixture.pass(fixture.presenceMs * 2);
      expect(await idsSeenBy(observer)).toEqual(['heard', 'silent']);
      await fixture.cutOff(silent);
      await fixture.pass(fixture.presenceMs * 1.5);
      expect(await idsSeenBy(observer)).toEqual(['heard']);
    });

    it('tells what the workers alive do, as they told last', async () => {
      const [one, two, api] = [await fixture.member(), await fixture.member(), await fixture.member()];
      const loads = async () => (await api.loads()).toSorted((a, b) => a.workerId.localeCompare(b.workerId));
      await one.join(workerReport('one'));
      await two.join(workerReport('two'));
      expect(await loads()).toEqual([]);
      await one.tellLoad(workerLoad('one', { batches: 1 }));
      expect(await loads()).toEqual([workerLoad('one', { batches: 1 })]);
      const update = { name: 'profile m', progress: 0.5 };
      await one.tellLoad(workerLoad('one', { batches: 2, device: 'running', update }));
      await two.tellLoad(workerLoad('two'));
      expect(await loads()).toEqual([workerLoad('one', { batches: 2, device: 'running', update }), workerLoad('two')]);
      await two.leave();
      expect(await loads()).toMatchObject([{ workerId: 'one' }]);
      await two.join(workerReport('two'));
      expect(await loads()).toMatchObject([{ workerId: 'one' }]);
    });

    it('forgets what a worker told with the worker', async () => {
      const [worker, api] = [await fixture.member(), await fixture.member()];
      await worker.join(workerReport('one'));
      await worker.tellLoad(workerLoad('one'));
      await fixture.cutOff(worker);
      await fixture.pass(fixture.presenceMs * 1.5);
      expect(await api.loads()).toEqual([]);
    });

    it('keeps the newest profile of a version for each kind of device, when its worker is gone too', async () => {
      const [worker, api] = [await fixture.member(), await fixture.member()];
      expect(await api.profiles(REF)).toEqual([]);
      await worker.saveProfile(profile('cpu: 2 threads', 2_000));
      await worker.saveProfile(profile('cuda: H200', 500));
      await worker.saveProfile({ ...profile('cpu: 2 threads', 9_000), version: '3' });
      await worker.stop();
      const other = await fixture.member();
      await other.saveProfile(profile('cpu: 2 threads', 1_000));
      await other.saveProfile(profile('cuda: H200', 3_000));
      const kept = (await api.profiles(REF)).toSorted((a, b) => a.deviceKind.localeCompare(b.deviceKind));
      expect(kept).toEqual([profile('cpu: 2 threads', 2_000), profile('cuda: H200', 3_000)]);
    });

    it('has one coordinator at a time, and takes nothing from one whose term is over', async () => {
      const [one, two, api] = [await fixture.member(), await fixture.member(), await fixture.member()];
      const ttlMs = fixture.presenceMs;
      const assignment = (generation: number) => ({ generation, workers: { one: ['inference.m.2'] }, noRoom: ['n'] });
      expect(await api.assignment()).toBeUndefined();
      const first = await one.lead('one', ttlMs);
      expect(first).toBeGreaterThan(0);
      expect(await one.lead('one', ttlMs)).toBe(first);
      expect(await two.lead('two', ttlMs)).toBeUndefined();
      expect(await one.assign(first!, assignment(1))).toBe(true);
      expect(await api.assignment()).toEqual(assignment(1));
      await fixture.pass(ttlMs * 1.5);
      // Nobody has led since: it was slow, and right all the same.
      expect(await one.assign(first!, assignment(2))).toBe(true);
      const second = await two.lead('two', ttlMs);
      expect(second).toBeGreaterThan(first!);
      expect(await one.assign(first!, assignment(3))).toBe(false);
      expect(await api.assignment()).toEqual(assignment(2));
      expect(await two.assign(second!, assignment(3))).toBe(true);
      expect(await one.lead('one', ttlMs)).toBeUndefined();
      await fixture.pass(ttlMs * 1.5);
      expect(await two.lead('two', ttlMs)).toBeGreaterThan(second!);
    });

    it('begins the next term at once when the coordinator resigns, and leaves the term of another alone', async () => {
      const [one, two] = [await fixture.member(), await fixture.member()];
      const first = await one.lead('one', 60_000);
      await two.resign('two');
      expect(await two.lead('two', 60_000)).toBeUndefined();
      await one.resign('one');
      const second = await two.lead('two', 60_000);
      expect(second).toBeGreaterThan(first!);
      await one.resign('one');
      expect(await one.lead('one', 60_000)).toBeUndefined();
      expect(await one.assign(first!, { generation: 1, workers: {}, noRoom: [] })).toBe(false);
    });

    it('lets only so many search at once, until they end their search, or are not heard of', async () => {
      const [one, two] = [await fixture.member(), await fixture.member()];
      const forMs = fixture.presenceMs;
      expect(await one.beginSearch('one', 1, forMs)).toBe(true);
      // Sent again, or begun again: one worker counts once.
      expect(await one.beginSearch('one', 1, forMs)).toBe(true);
      expect(await two.beginSearch('two', 1, forMs)).toBe(false);
      expect(await two.beginSearch('two', 2, forMs)).toBe(true);
      expect(await two.beginSearch('three', 2, forMs)).toBe(false);
      await one.endSearch('one');
      expect(await two.beginSearch('three', 2, forMs)).toBe(true);
      await fixture.pass(forMs * 1.5);
      expect(await one.beginSearch('one', 1, forMs)).toBe(true);
    });

    it('tells those who watch that models were assigned', async () => {
      const [leader, worker] = [await fixture.member(), await fixture.member()];
      let tell = () => {};
      const told = new Promise<void>((resolve) => (tell = resolve));
      await worker.watchAssignment(tell);
      const fence = await leader.lead('leader', fixture.presenceMs);
      await leader.assign(fence!, { generation: 1, workers: {}, noRoom: [] });
      await fixture.settled(told);
    });

    it('counts who asked for a model that no worker had in memory', async () => {
      const [one, two] = [await fixture.member(), await fixture.member()];
      expect(await one.askedFor()).toEqual(new Map());
      await Promise.all([one.askFor('inference.m.2'), two.askFor('inference.m.2'), two.askFor('inference.n.1')]);
      const counts = new Map([
        ['inference.m.2', 2],
        ['inference.n.1', 1],
      ]);
      expect(await two.askedFor()).toEqual(counts);
    });

    it('answers a ping, and stops twice, and without a start', async () => {
      const member = await fixture.member();
      await member.ping();
      await member.stop();
      await member.stop();
    });
  });
}
