import { describeModelRegistry, SimulatedClock } from '@sluice/testing';
import { InMemoryModelRegistry } from './in-memory-model-registry.js';
import { InMemoryRegistryHub } from './in-memory-registry-hub.js';

describeModelRegistry('the in-memory adapter', async () => {
  const clock = new SimulatedClock();
  const hub = new InMemoryRegistryHub(clock);
  let members = 0;
  return {
    member: async () => {
      const name = `member-${++members}`;
      return new InMemoryModelRegistry(hub, clock.process(name), name);
    },
    settled: (promise) => clock.settled(promise),
    close: async () => {},
  };
});
