import { Cluster } from '@sluice/cluster';
import { ownQueue } from '@sluice/contracts';
import type { StagedJob } from '../../apps/worker/src/buffer/staged-job.js';
import { ModelHost } from '../../apps/worker/src/lifecycle/model-host.js';
import { Peers } from '../../apps/worker/src/lifecycle/peers.js';
import { Thief } from '../../apps/worker/src/steal/thief.js';
import { divert } from './world/divert.js';
import { BATCH, IdleFleet } from './world/idle-fleet.js';
import type { Parts } from './world/parts.js';

const SHARED = 'inference.m1.1';
const VICTIMS = ownQueue(SHARED, 'victim');

describe('a thief', () => {
  let fleet: IdleFleet;
  let thief: Parts;
  beforeEach(async () => {
    fleet = new IdleFleet();
    await fleet.worker('victim');
    thief = await fleet.worker('thief');
  });

  const idsOf = (jobs: readonly StagedJob[] | undefined) => jobs?.map(({ leased }) => leased.lease.jobId);
  const steal = async (offered?: string) => {
    await thief.get(Peers).look();
    return idsOf(await thief.get(Thief).steal('inference', offered));
  };
  /** By now a full batch has been seen to take 100 ms. */
  const learn = () => thief.get(ModelHost).byQueue(SHARED)?.costs.of('').observe(BATCH, 100);

  it('takes half of what waits, the oldest first, and counts it', async () => {
    const ids = await fleet.enqueue(VICTIMS, 6);
    expect(await steal()).toEqual(ids.slice(0, 3));
    expect(await fleet.queue.counts(VICTIMS)).toMatchObject({ waiting: 3, active: 3 });
    expect(thief.get(Thief).stolen).toBe(3);
  });

  it('takes no more than a batch', async () => {
    const ids = await fleet.enqueue(VICTIMS, 20);
    expect(await steal()).toEqual(ids.slice(0, BATCH));
  });

  it('leaves what its owner does sooner than having it done here costs', async () => {
    learn();
    await fleet.enqueue(VICTIMS, BATCH);
    expect(await steal()).toBeUndefined();
    await fleet.enqueue(VICTIMS, BATCH);
    expect(await steal()).toHaveLength(BATCH);
  });

  it('leaves what is its own, and what is shared', async () => {
    await fleet.enqueue(ownQueue(SHARED, 'thief'), 8);
    await fleet.enqueue(SHARED, 8);
    expect(await steal()).toBeUndefined();
  });

  it('offers what it leaves, and nothing when nothing is left', async () => {
    await fleet.enqueue(VICTIMS, 2);
    expect(await steal()).toHaveLength(1);
    expect(await fleet.heard()).toBe(VICTIMS);
    expect(await steal()).toHaveLength(1);
    expect(await fleet.heard()).toBeUndefined();
  });

  it('does not look around while another does and nobody is busy, but goes where it is called', async () => {
    const other = fleet.member();
    expect(await other.beginSearch('another', 1, 60_000)).toBe(true);
    await fleet.enqueue(VICTIMS, 8);
    expect(await steal()).toBeUndefined();
    expect(await steal(VICTIMS)).toHaveLength(BATCH);
    await other.endSearch('another');
    expect(await steal()).toHaveLength(2);
  });

  it('searches no longer when it has found something, and when it has not', async () => {
    const other = fleet.member();
    await fleet.enqueue(VICTIMS, 1);
    expect(await steal()).toHaveLength(1);
    expect(await other.beginSearch('another', 1, 60_000)).toBe(true);
    await other.endSearch('another');
    expect(await steal()).toBeUndefined();
    expect(await other.beginSearch('another', 1, 60_000)).toBe(true);
  });

  it('begins no search before the end of its last one was heard: that would end the new one', async () => {
    const cluster = fleet.member();
    const heard: string[] = [];
    const late = divert<Cluster>(cluster, {
      beginSearch: (...search) => {
        heard.push('begin');
        return cluster.beginSearch(...search);
      },
      endSearch: async (id) => {
        await fleet.clock.sleep(20);
        heard.push('end');
        return cluster.endSearch(id);
      },
    });
    thief = await fleet.worker('thief', { instead: [{ provide: Cluster, useValue: late }] });
    await fleet.enqueue(VICTIMS, 2);
    expect(await steal()).toHaveLength(1);
    expect(await fleet.clock.settled(steal())).toHaveLength(1);
    expect(heard).toEqual(['begin', 'end', 'begin']);
  });

  it('searches again when the end of its last search could not be told', async () => {
    const deaf = divert<Cluster>(fleet.member(), { endSearch: () => Promise.reject(new Error('connection lost')) });
    thief = await fleet.worker('thief', { instead: [{ provide: Cluster, useValue: deaf }] });
    await fleet.enqueue(VICTIMS, 2);
    expect(await steal()).toHaveLength(1);
    expect(await steal()).toHaveLength(1);
  });

  it('knows what a model costs whose requests come in several sizes: by the size that it has seen most', async () => {
    const inputs = [{ name: 'x', dim: 0, padValue: 0 }];
    fleet = new IdleFleet({ ragged: [{ buckets: [2, 4], inputs, outputs: [] }] });
    await fleet.worker('victim');
    thief = await fleet.worker('thief');
    for (let run = 0; run < 3; run++) thief.get(ModelHost).byQueue(SHARED)?.costs.of('2').observe(BATCH, 10);
    thief.get(ModelHost).byQueue(SHARED)?.costs.of('4').observe(BATCH, 1_000);
    await fleet.enqueue(VICTIMS, 3 * BATCH);
    // Three batches of 10 ms: less than the 150 that their state is worth.
    expect(await steal()).toBeUndefined();
    await fleet.enqueue(VICTIMS, 13 * BATCH);
    expect(await steal()).toHaveLength(BATCH);
  });

  it('does nothing of it when stealing is off', async () => {
    thief = await fleet.worker('honest', { settings: { SLUICE_STEALING: 'off' } });
    await fleet.enqueue(VICTIMS, 8);
    expect(await steal(VICTIMS)).toBeUndefined();
  });
});

describe('an own queue', () => {
  it('is nobody’s once its owner is gone, and not before anybody has looked', async () => {
    const fleet = new IdleFleet();
    const peers = (await fleet.worker('other')).get(Peers);
    await fleet.enqueue(VICTIMS, 1);
    expect(peers.unserved).toEqual([]);
    await peers.look();
    expect(peers.unserved).toEqual([VICTIMS]);
    await fleet.worker('victim');
    await peers.look();
    expect(peers.unserved).toEqual([]);
  });
});
