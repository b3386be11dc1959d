import fc from 'fast-check';
import { rendezvous } from './rendezvous.js';

const workers = (count: number) => Array.from({ length: count }, (_, index) => `worker-${index}`);
const keys = (count: number) => Array.from({ length: count }, (_, index) => `session:${index}`);
const names = fc.uniqueArray(fc.string({ maxLength: 12 }), { maxLength: 12 });

/** Keys by the id that `place` has in their order. */
function tally(ids: readonly string[], all: readonly string[], place: number): number[] {
  const counts = new Map(ids.map((id) => [id, 0]));
  for (const key of all) {
    const id = rendezvous(key, ids)[place]!;
    counts.set(id, counts.get(id)! + 1);
  }
  return [...counts.values()];
}

/** How far counts are from equal: about as much as there are counts, when they are drawn. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, each) => sum + each, 0) / counts.length;
  return counts.reduce((sum, each) => sum + (each - expected) ** 2 / expected, 0);
}

describe('the owners of a key', () => {
  it('are all ids, in one order for all who know them', () => {
    fc.assert(
      fc.property(fc.string(), names, (key, ids) => {
        const owners = rendezvous(key, ids);
        expect(owners.toSorted()).toEqual(ids.toSorted());
        expect(rendezvous(key, ids.toReversed())).toEqual(owners);
      }),
    );
  });

  it('keep their order when one of them leaves or another comes', () => {
    fc.assert(
      fc.property(fc.string(), names, fc.nat(), (key, ids, drawn) => {
        const gone = ids[drawn % Math.max(1, ids.length)];
        const left = ids.filter((id) => id !== gone);
        expect(rendezvous(key, left)).toEqual(rendezvous(key, ids).filter((id) => id !== gone));
      }),
    );
  });

  // 60 is beyond what 29 drawn counts reach once in a thousand times; the keys are always the same.
  it.each([
    ['the first', 0],
    ['the second', 1],
    ['the last', 29],
  ])('are spread evenly over 30 workers: %s', (_, place) => {
    expect(chiSquare(tally(workers(30), keys(30_000), place))).toBeLessThan(60);
  });

  it.each([2, 3, 10])('are spread evenly over %i workers, whatever the keys and ids look like', (count) => {
    const alike = Array.from({ length: 6_000 }, (_, index) => String.fromCodePoint(0x4e00 + index));
    const hosts = Array.from({ length: count }, (_, index) => `${'0'.repeat(30)}${index}@gpu.example`);
    expect(chiSquare(tally(hosts, alike, 0))).toBeLessThan(3 * count + 20);
  });

  it('hand the keys of one that left to all others evenly', () => {
    const owned = keys(30_000).filter((key) => rendezvous(key, workers(10))[0] === 'worker-4');
    const others = workers(10).filter((id) => id !== 'worker-4');
    expect(owned.length).toBeGreaterThan(2_500);
    expect(chiSquare(tally(others, owned, 0))).toBeLessThan(30);
  });

  it('are the same in every release: another hash would move all keys', () => {
    expect(rendezvous('session:1', workers(5))).toEqual(['worker-3', 'worker-0', 'worker-1', 'worker-4', 'worker-2']);
    expect(rendezvous('Schlüssel', workers(5))).toEqual(['worker-3', 'worker-0', 'worker-1', 'worker-2', 'worker-4']);
    expect(rendezvous('', workers(5))).toEqual(['worker-2', 'worker-1', 'worker-3', 'worker-4', 'worker-0']);
  });
});
