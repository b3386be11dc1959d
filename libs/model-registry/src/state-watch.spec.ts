import { SimulatedClock } from '@sluice/testing';
import { unregistered } from './registered-model.js';
import type { RegisteredModels } from './model-registry.js';
import { StateWatch } from './state-watch.js';

interface PendingRead {
  readonly resolve: (models: RegisteredModels) => void;
  readonly reject: (error: Error) => void;
}

/** Reads that wait to be answered, and what was told. */
function watched() {
  const clock = new SimulatedClock();
  const reads: PendingRead[] = [];
  const told: number[] = [];
  const errors: string[] = [];
  const watch = new StateWatch({
    clock,
    read: () => new Promise<RegisteredModels>((resolve, reject) => reads.push({ resolve, reject })),
    onState: (models) => void told.push(models.get('m')?.generation ?? 0),
    onError: ({ message }) => void errors.push(message),
  });
  const answer = async (generation: number) => {
    reads.shift()!.resolve(new Map([['m', { ...unregistered('m'), generation }]]));
    await Promise.resolve();
  };
  const settle = () => clock.run(clock.now());
  return { clock, watch, reads, told, errors, answer, settle };
}

describe('StateWatch', () => {
  it('tells what is there at first', async () => {
    const { watch, told, answer } = watched();
    const begun = watch.begin();
    await answer(1);
    await begun;
    expect(told).toEqual([1]);
  });

  it('reads once more, and no more than once, for all that changed while it read', async () => {
    const { watch, reads, told, answer, settle } = watched();
    const begun = watch.begin();
    watch.notice();
    watch.notice();
    expect(reads).toHaveLength(1);
    await answer(1);
    await begun;
    expect(reads).toHaveLength(1);
    await answer(2);
    await settle();
    expect(told).toEqual([1, 2]);
    expect(reads).toHaveLength(0);
    watch.notice();
    expect(reads).toHaveLength(1);
  });

  it('tries again by itself what could not be read', async () => {
    const { clock, watch, reads, told, errors, answer, settle } = watched();
    watch.notice();
    reads.shift()!.reject(new Error('not now'));
    await settle();
    expect(errors).toEqual(['not now']);
    await clock.run(clock.now() + 1_001);
    await answer(3);
    await settle();
    expect(told).toEqual([3]);
  });

  it('says nothing once it was stopped', async () => {
    const { clock, watch, reads, told, answer, settle } = watched();
    watch.notice();
    watch.stop();
    await answer(1);
    await settle();
    watch.notice();
    await clock.run(clock.now() + 5_000);
    expect(told).toEqual([]);
    expect(reads).toHaveLength(0);
  });
});
