import { SluiceError } from '@sluice/contracts';
import { SimulatedClock } from '@sluice/testing';
import fc from 'fast-check';
import type { Change } from './change.js';
import { InMemoryModelRegistry } from './in-memory/in-memory-model-registry.js';
import { InMemoryRegistryHub } from './in-memory/in-memory-registry-hub.js';
import { unregistered, type RegisteredModel } from './registered-model.js';
import { transition } from './transition.js';

const version = fc.constantFrom('1', '2', '3');
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('serve' as const), version }),
  fc.record({ kind: fc.constant('propose' as const), version, canaryPercent: fc.constantFrom(0, 5, 100) }),
  fc.record({ kind: fc.constant('shift' as const), canaryPercent: fc.constantFrom(0, 50) }),
  fc.record({ kind: fc.constant('exchange' as const), workers: fc.subarray(['a', 'b']) }),
  fc.record({ kind: fc.constant('promote' as const) }),
  fc.record({ kind: fc.constant('withdraw' as const) }),
);
/** `isFresh`: it reads before it changes, else it goes on from what it saw last. `resends`: how often it is sent again. */
const step = fc.record({ change, isFresh: fc.boolean(), resends: fc.nat(2) });

/** Undefined when it is refused, as it should be. */
async function unlessConflict<T>(promise: Promise<T>): Promise<T | undefined> {
  return promise.catch((error: unknown) => {
    if (error instanceof SluiceError && error.code === 'conflict') return undefined;
    throw error;
  });
}

it('any interleaving of two writers ends in a state that the history explains, and loses no change', async () => {
  const steps = fc.array(step, { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.tuple(steps, steps), async (scheduler, plans) => {
      const clock = new SimulatedClock();
      const hub = new InMemoryRegistryHub(clock);
      const registry = new InMemoryModelRegistry(hub, clock, 'reader');
      const accepted: RegisteredModel[] = [];

      const write = async (by: string, plan: (typeof plans)[number]) => {
        const writer = new InMemoryModelRegistry(hub, clock, by);
        let seen = unregistered('m');
        for (const [index, { change: next, isFresh, resends }] of plan.entries()) {
          if (isFresh) seen = await scheduler.schedule(writer.model('m'), `${by} reads`);
          await scheduler.schedule(Promise.resolve(), `${by} decides`);
          const decidedOn = seen;
          const send = () => unlessConflict(writer.change(decidedOn, next, { by, id: `${by}-${index}` }));
          const state = await send();
          for (let again = 0; again < resends; again++) {
            await scheduler.schedule(Promise.resolve(), `${by} sends again`);
            // Answered as before, refused as before: what it was decided on does not come back.
            expect(await send()).toEqual(state);
          }
          if (!state) continue;
          accepted.push(state);
          seen = state;
        }
      };
      await scheduler.waitFor(Promise.all(plans.map((plan, index) => write(`writer-${index}`, plan))));

      const history = (await registry.history('m')).toReversed();
      expect(history.map(({ state }) => state.generation)).toEqual(accepted.map((_, index) => index + 1));
      expect(history.map(({ state }) => state)).toEqual(accepted.toSorted((a, b) => a.generation - b.generation));
      let explained = unregistered('m');
      for (const revision of history) {
        explained = transition(explained, revision.change, revision.state.changeId);
        expect(explained).toEqual(revision.state);
      }
      expect(await registry.model('m')).toEqual(explained);
      expect(await registry.audit()).toEqual(history.toReversed());
    }),
    { numRuns: 300 },
  );
});
