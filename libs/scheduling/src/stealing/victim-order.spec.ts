import fc from 'fast-check';
import { victimOrder } from './victim-order.js';

const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

it('has every victim once, and leaves the list as it was', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { maxLength: 20 }), fc.infiniteStream(fraction), (victims, random) => {
      const before = [...victims];
      const order = victimOrder(victims, () => random.next().value);
      expect(order.toSorted()).toEqual(before.toSorted());
      expect(victims).toEqual(before);
    }),
  );
});

it('is every order equally often', () => {
  // The draws of a shuffle of four are one of 4, of 3 and of 2: all of them, once each.
  const counts = new Map<string, number>();
  for (let drawn = 0; drawn < 24; drawn += 1) {
    const draws = [(drawn % 4) / 4, (Math.floor(drawn / 4) % 3) / 3, Math.floor(drawn / 12) / 2];
    const order = victimOrder(['a', 'b', 'c', 'd'], () => draws.shift()!).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect([...counts.values()]).toEqual(Array.from({ length: 24 }, () => 1));
});
