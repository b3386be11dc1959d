import { describeRolloutBook, SimulatedClock } from '@sluice/testing';
import { InMemoryRolloutBook } from './in-memory-rollout-book.js';
import { RolloutHub } from './rollout-hub.js';

describeRolloutBook('the in-memory adapter', async () => {
  const clock = new SimulatedClock();
  const hub = new RolloutHub();
  let members = 0;
  return {
    member: async () => new InMemoryRolloutBook(hub, clock.process(`member-${++members}`)),
    settled: (promise) => clock.settled(promise),
    close: async () => {},
  };
});
