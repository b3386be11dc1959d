import { ownQueue } from '@sluice/contracts';
import type { JobQueue } from '@sluice/job-queue';
import { DeviceLoop } from '../../apps/worker/src/execute/device-loop.js';
import { Lanes } from '../../apps/worker/src/execute/lanes.js';
import { HandOff, type HandOffEvents } from '../../apps/worker/src/hand-off/hand-off.js';
import { LeaseKeeper } from '../../apps/worker/src/lease/lease-keeper.js';
import { ModelHost } from '../../apps/worker/src/lifecycle/model-host.js';
import { Peers } from '../../apps/worker/src/lifecycle/peers.js';
import { Feed } from '../../apps/worker/src/pull/feed.js';
import { Puller } from '../../apps/worker/src/pull/puller.js';
import { LoadTeller } from '../../apps/worker/src/statistics/load-teller.js';
import { divert } from './world/divert.js';
import { BATCH, IdleFleet, RUN_MS } from './world/idle-fleet.js';
import type { Parts } from './world/parts.js';

const SHARED = 'inference.m1.1';
const OWN = ownQueue(SHARED, 'owner');

const NOTHING: HandOffEvents = { onOver: () => {}, stopLeasing: async () => {}, tell: async () => {} };

/** The loops of a worker that pull and run, as its service starts them. */
function startServing(parts: Parts): void {
  const [feed, device, handOff] = [parts.get(Feed), parts.get(DeviceLoop), parts.get(HandOff)];
  parts.get(Lanes).tell({
    onTaken: () => feed.lookAgain(),
    onChange: () => device.notify(),
    onEngineGone: () => {},
  });
  device.start(
    parts.get(Lanes).inference,
    () => {},
    () => feed.lookAgain(),
  );
  handOff.start({
    onOver: () => feed.lookAgain(),
    stopLeasing: () => feed.stopListening(),
    tell: () => parts.get(LoadTeller).tellNow(),
  });
  feed.start();
}

describe('a worker that leaves its work to others', () => {
  let fleet: IdleFleet;
  beforeEach(() => {
    fleet = new IdleFleet();
  });

  const has = async (queue: string) => {
    const { waiting, active, completed } = await fleet.queue.counts(queue);
    return { waiting, active, completed };
  };

  it('gives back what it has not started, in the place that it had, and finishes what runs', async () => {
    const parts = await fleet.worker('owner');
    startServing(parts);
    const ids = await fleet.enqueue(SHARED, 2 * BATCH + 2);
    // One batch runs; the next is leased shortly before that is over.
    await fleet.clock.run(() => parts.get(Lanes).leasedNotStarted > 0, 2 * RUN_MS);
    expect(await has(SHARED)).toEqual({ waiting: 2, active: 2 * BATCH, completed: 0 });
    await fleet.clock.settled(parts.get(HandOff).set('paused', true));
    expect(await has(SHARED)).toEqual({ waiting: BATCH + 2, active: BATCH, completed: 0 });
    await fleet.pass(2 * RUN_MS);
    expect(await has(SHARED)).toEqual({ waiting: BATCH + 2, active: 0, completed: BATCH });
    expect(parts.get(LeaseKeeper).size).toBe(0);
    const next = await fleet.queue.lease(SHARED, { holder: 'another', max: 1 });
    expect(next.jobs.map(({ lease }) => lease.jobId)).toEqual([ids[BATCH]]);
  });

  it('gives back what a lease brings that was on its way', async () => {
    let answer = () => {};
    const slow = (queue: JobQueue): JobQueue =>
      divert(queue, {
        lease: async (...what) => {
          const leased = await queue.lease(...what);
          if (leased.jobs.length > 0) await new Promise<void>((resolve) => (answer = resolve));
          return leased;
        },
      });
    const parts = await fleet.worker('owner', { around: slow });
    startServing(parts);
    await fleet.enqueue(SHARED, BATCH);
    await fleet.pass(10);
    await fleet.clock.settled(parts.get(HandOff).set('memory', true));
    expect(await has(SHARED)).toEqual({ waiting: 0, active: BATCH, completed: 0 });
    answer();
    await fleet.pass(10);
    expect(await has(SHARED)).toEqual({ waiting: BATCH, active: 0, completed: 0 });
    expect(parts.get(LeaseKeeper).size).toBe(0);
  });

  it('leases nothing until the last reason for that is over', async () => {
    const parts = await fleet.worker('owner');
    startServing(parts);
    const handOff = parts.get(HandOff);
    await fleet.clock.settled(handOff.set('paused', true));
    await fleet.clock.settled(handOff.set('memory', true));
    await fleet.enqueue(SHARED, 1);
    await fleet.pass(3_000);
    await fleet.clock.settled(handOff.set('paused', false));
    await fleet.pass(3_000);
    expect(await has(SHARED)).toEqual({ waiting: 1, active: 0, completed: 0 });
    await fleet.clock.settled(handOff.set('memory', false));
    await fleet.pass(RUN_MS + 10);
    expect(await has(SHARED)).toEqual({ waiting: 0, active: 0, completed: 1 });
  });

  it('has what waits in its own queue done by an idle one at once, also what would not be worth stealing', async () => {
    const owner = await fleet.worker('owner');
    const other = await fleet.worker('other');
    other.get(ModelHost).byQueue(SHARED)?.costs.of('').observe(1, RUN_MS);
    owner.get(HandOff).start({ ...NOTHING, tell: () => owner.get(LoadTeller).tellNow() });
    await fleet.clock.settled(other.get(Peers).look());
    startServing(other);
    await fleet.enqueue(OWN, 1);
    await fleet.pass(2 * RUN_MS);
    expect(await has(OWN)).toEqual({ waiting: 1, active: 0, completed: 0 });
    await fleet.clock.settled(owner.get(HandOff).set('paused', true));
    await fleet.pass(RUN_MS + 10);
    expect(await has(OWN)).toEqual({ waiting: 0, active: 0, completed: 1 });
  });

  it('has its own queue served by busy ones in turn with what is for all', async () => {
    const owner = await fleet.worker('owner');
    const other = await fleet.worker('other');
    owner.get(HandOff).start({ ...NOTHING, tell: () => owner.get(LoadTeller).tellNow() });
    await fleet.enqueue(OWN, 1);
    await fleet.pass(1);
    await fleet.enqueue(SHARED, 100 * BATCH);
    startServing(other);
    await fleet.clock.settled(owner.get(HandOff).set('overdue', true));
    await fleet.clock.settled(other.get(Peers).look());
    await fleet.pass(20 * RUN_MS);
    expect(await has(OWN)).toEqual({ waiting: 0, active: 0, completed: 1 });
    expect((await has(SHARED)).waiting).toBeGreaterThan(0);
  });

  it('cannot lease from the queue that it gave back to while it is told to stop', async () => {
    const parts = await fleet.worker('owner');
    startServing(parts);
    await fleet.clock.settled(parts.get(HandOff).set('loading', true));
    expect(await parts.get(Puller).pull(SHARED, 'all')).toBeUndefined();
    await fleet.enqueue(SHARED, 1);
    const other = fleet.queue.beside(fleet.clock);
    // The mark is still there for whoever may work.
    expect(await fleet.clock.settled(other.waitForWork([SHARED], 100))).toBe(SHARED);
  });
});
