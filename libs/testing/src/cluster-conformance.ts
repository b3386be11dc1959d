import type { Cluster, Reply, WorkerReport } from '@sluice/cluster';

export interface ClusterFixture {
  /** Another member of the same cluster, as a process of its own would be. */
  member(): Promise<Cluster>;
  close(): Promise<void>;
}

export function workerReport(id: string, spec: Partial<WorkerReport> = {}): WorkerReport {
  return { id, host: 'test', pid: 1, device: 'cpu', state: 'serving', startedAt: 0, models: [], ...spec };
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

    it('answers a ping, and stops twice, and without a start', async () => {
      const member = await fixture.member();
      await member.ping();
      await member.stop();
      await member.stop();
    });
  });
}
