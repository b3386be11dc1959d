import type { Cluster } from '@sluice/cluster';
import type { ClusterFixture } from './cluster-fixture.js';
import { workerLoad, workerReport } from '../worker-samples.js';

/** Who is there, and what he said last. */
export function describePresence(at: () => ClusterFixture): void {
  const idsSeenBy = async (member: Cluster) => (await member.workers()).map(({ id }) => id).toSorted();

  it('shows the workers that joined, as they last reported, until they leave', async () => {
    const [one, two, api] = [await at().member(), await at().member(), await at().member()];
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
    const [victim, other] = [await at().member(), await at().member()];
    await victim.join(workerReport('victim'));
    victim.announceRun('victim', ['a', 'b']);
    victim.announceRun('victim', ['c']);
    // Announcements are ordered before what is sent later.
    await victim.leave();
    expect(await other.lastRun('victim')).toEqual(['c']);
    expect(await other.lastRun('unheard-of')).toEqual([]);
  });

  it('takes a worker that is not heard of for gone, and no other', async () => {
    const [silent, heard, observer] = [await at().member(), await at().member(), await at().member()];
    await silent.join(workerReport('silent'));
    await heard.join(workerReport('heard'));
    await at().pass(at().presenceMs * 2);
    expect(await idsSeenBy(observer)).toEqual(['heard', 'silent']);
    await at().cutOff(silent);
    await at().pass(at().presenceMs * 1.5);
    expect(await idsSeenBy(observer)).toEqual(['heard']);
  });

  it('tells what the workers alive do, as they told last', async () => {
    const [one, two, api] = [await at().member(), await at().member(), await at().member()];
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
    const [worker, api] = [await at().member(), await at().member()];
    await worker.join(workerReport('one'));
    await worker.tellLoad(workerLoad('one'));
    await at().cutOff(worker);
    await at().pass(at().presenceMs * 1.5);
    expect(await api.loads()).toEqual([]);
  });

  it('answers a ping, and stops twice, and without a start', async () => {
    const member = await at().member();
    await member.ping();
    await member.stop();
    await member.stop();
  });
}
