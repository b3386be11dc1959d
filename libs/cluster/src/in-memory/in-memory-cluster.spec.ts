import { describeCluster, SimulatedClock, type SimulatedProcess } from '@sluice/testing';
import type { Cluster } from '../cluster.js';
import { InMemoryClusterHub } from './in-memory-cluster-hub.js';
import { InMemoryCluster } from './in-memory-cluster.js';

const PRESENCE_MS = 300;

describeCluster('the in-memory adapter', async () => {
  const clock = new SimulatedClock();
  const hub = new InMemoryClusterHub(clock);
  const processes = new Map<Cluster, SimulatedProcess>();
  return {
    presenceMs: PRESENCE_MS,
    member: async () => {
      const process = clock.process('member');
      const member = new InMemoryCluster(hub, process, PRESENCE_MS);
      processes.set(member, process);
      return member;
    },
    cutOff: async (member) => processes.get(member)?.freeze(),
    pass: (ms) => clock.run(clock.now() + ms),
    settled: (promise) => clock.settled(promise),
    close: async () => {},
  };
});

it('one that goes on after it was stopped is back with its next beat', async () => {
  const clock = new SimulatedClock();
  const hub = new InMemoryClusterHub(clock);
  const process = clock.process('worker');
  const [worker, observer] = [
    new InMemoryCluster(hub, process, PRESENCE_MS),
    new InMemoryCluster(hub, clock, PRESENCE_MS),
  ];
  await worker.join({
    id: 'worker',
    host: 'test',
    pid: 1,
    device: 'cpu',
    state: 'serving',
    startedAt: 0,
    models: [],
    applied: {},
  });
  process.freeze();
  await clock.run(1_000);
  expect(await observer.workers()).toEqual([]);
  process.thaw();
  await clock.run(1_001);
  expect(await observer.workers()).toHaveLength(1);
});
