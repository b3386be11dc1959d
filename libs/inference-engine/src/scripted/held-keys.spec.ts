import { HeldKeys } from './held-keys.js';

describe('HeldKeys', () => {
  it('misses a key once, in its first row', () => {
    const held = new HeldKeys(4);
    expect(held.use([7, 8, 7])).toEqual([true, true, false]);
    expect(held.use([8, 7])).toEqual([false, false]);
  });

  it('lets go of the key that was used longest ago', () => {
    const held = new HeldKeys(2);
    held.use([1, 2]);
    held.use([1]);
    expect(held.use([3])).toEqual([true]);
    expect(held.use([1])).toEqual([false]);
    expect(held.use([2])).toEqual([true]);
  });

  it('counts each of more keys than it holds once, and holds the last', () => {
    const held = new HeldKeys(2);
    expect(held.use([1, 2, 3, 1])).toEqual([true, true, true, false]);
    expect(held.use([3, 1, 2])).toEqual([false, false, true]);
  });

  it('holds a key during the batch that drives it out', () => {
    const held = new HeldKeys(1);
    held.use([1]);
    expect(held.use([2, 1])).toEqual([true, false]);
  });
});
