import { ownQueue, workerUpdateQueue } from '@sluice/contracts';
import { Sweeper } from '../../apps/worker/src/lease/sweeper.js';
import { IdleFleet, KEPT_MS } from './world/idle-fleet.js';

const SHARED = 'inference.m1.1';
const ORPHAN = ownQueue(SHARED, 'gone');
const UPDATES = workerUpdateQueue('gone');
/** Longer than it takes until a queue was seen twice without an owner: sought every half a minute. */
const SURELY_SEEN_MS = 65_000;

/** What workers leave behind that are gone, with one worker left whose sweeper runs. */
describe('the own queue of a worker that is gone', () => {
  let fleet: IdleFleet;
  let sweeper: Sweeper;
  beforeEach(async () => {
    fleet = new IdleFleet();
    sweeper = (await fleet.worker('left')).get(Sweeper);
  });
  afterEach(() => fleet.clock.settled(sweeper.stop()));

  async function settle(ids: readonly string[]): Promise<void> {
    const { jobs } = await fleet.queue.lease(ORPHAN, { holder: 'left', max: ids.length });
    expect(jobs.map(({ lease }) => lease.jobId)).toEqual(ids);
    await fleet.queue.settle(jobs.map(({ lease }) => ({ lease, outcome: { ok: true, result: new Uint8Array([7]) } })));
  }

  it('stays while something waits there, and while what came of it is kept; then it is removed', async () => {
    const ids = await fleet.enqueue(ORPHAN, 2);
    sweeper.start();
    await fleet.pass(SURELY_SEEN_MS);
    expect(await fleet.queue.counts(ORPHAN)).toMatchObject({ waiting: 2 });
    await settle(ids);
    await fleet.pass(SURELY_SEEN_MS);
    const [status] = await fleet.queue.inspect(ORPHAN, ids);
    expect(status).toMatchObject({ state: 'ended', outcome: { ok: true } });
    await fleet.pass(KEPT_MS + SURELY_SEEN_MS);
    expect(await fleet.queue.queues()).not.toContain(ORPHAN);
  });

  it('stays while its owner is only cut off', async () => {
    await fleet.worker('gone');
    await settle(await fleet.enqueue(ORPHAN, 1));
    sweeper.start();
    await fleet.pass(29_000);
    fleet.process('gone').freeze();
    // Looked for once without an owner.
    await fleet.pass(5_000);
    fleet.process('gone').thaw();
    await fleet.pass(KEPT_MS + SURELY_SEEN_MS);
    expect(await fleet.queue.queues()).toContain(ORPHAN);
  });

  it('is removed with all that is in it when it has updates of that worker: they are of no use to others', async () => {
    await fleet.enqueue(UPDATES, 1);
    sweeper.start();
    await fleet.pass(SURELY_SEEN_MS);
    expect(await fleet.queue.queues()).not.toContain(UPDATES);
  });

  it('is there again when somebody still sends something to it', async () => {
    sweeper.start();
    await settle(await fleet.enqueue(ORPHAN, 1));
    await fleet.pass(KEPT_MS + SURELY_SEEN_MS);
    expect(await fleet.queue.queues()).not.toContain(ORPHAN);
    await settle(await fleet.enqueue(ORPHAN, 1));
    expect(await fleet.queue.counts(ORPHAN)).toMatchObject({ waiting: 0, completed: 1 });
  });
});
