import { CONFORMANCE_SETTINGS, describeJobQueue, SimulatedClock } from '@sluice/testing';
import { InMemoryJobQueue } from './in-memory-job-queue.js';

const ORIGIN = 1_700_000_000_000;

describeJobQueue('the in-memory adapter', async () => {
  const clock = new SimulatedClock();
  const queue = new InMemoryJobQueue(CONFORMANCE_SETTINGS, clock, ORIGIN);
  return {
    queue,
    settings: CONFORMANCE_SETTINGS,
    beside: async () => queue.beside(clock.process('another')),
    pass: (ms) => clock.run(clock.now() + ms),
    settled: (promise) => clock.settled(promise),
    pause: async (name) => queue.pause(name),
    close: async () => {
      await queue.stop();
      await queue.stop();
    },
  };
});

describe('in simulation', () => {
  const Q = 'inference.simulated.1';
  const open = () => {
    const clock = new SimulatedClock();
    const [mine, victim] = [clock.process('mine'), clock.process('victim')];
    const api = new InMemoryJobQueue(CONFORMANCE_SETTINGS, clock, ORIGIN);
    return { clock, api, mine, victim, at: { mine: api.beside(mine), victim: api.beside(victim) } };
  };
  const job = (id: string) => ({
    id,
    label: {},
    replyTo: 'api',
    priority: 1,
    expiresAt: ORIGIN + 60_000,
    payload: Buffer.alloc(1),
  });

  it('a process that is frozen while it listens swallows a wake-up until it goes on', async () => {
    const { clock, api, victim, at } = open();
    const heard: unknown[] = [];
    void at.victim.waitForWork([Q], 1_000).then((queue) => heard.push(queue));
    void at.mine.waitForWork([Q], 1_000).then((queue) => heard.push(queue ?? 'nothing'));
    victim.freeze();
    await api.enqueue(Q, [job('a')]);
    await clock.run(500);
    expect(heard).toEqual([]);
    await clock.run(1_500);
    expect(heard).toEqual(['nothing']);
    victim.thaw();
    await clock.run(1_501);
    expect(heard).toEqual(['nothing', Q]);
  });

  it('a process that is frozen beyond its wait swallows nothing', async () => {
    const { clock, api, victim, at } = open();
    void at.victim.waitForWork([Q], 1_000);
    victim.freeze();
    await clock.run(1_001);
    await api.enqueue(Q, [job('a')]);
    expect(await clock.settled(at.mine.waitForWork([Q], 1_000))).toBe(Q);
  });

  it('a process that is gone takes no wake-up from others, and counts for nobody', async () => {
    const { clock, api, victim, at } = open();
    const heard: unknown[] = [];
    void at.victim.waitForWork([Q], 1_000).then((queue) => heard.push(`victim: ${queue}`));
    void at.mine.waitForWork([Q], 1_000).then((queue) => heard.push(queue));
    victim.kill();
    at.victim.disconnect();
    await api.enqueue(Q, [job('a'), job('b')]);
    await clock.run(2_000);
    expect(heard).toEqual([Q]);
    expect((await at.mine.lease(Q, { holder: 'mine', max: 2 })).jobs).toHaveLength(2);
  });
});
