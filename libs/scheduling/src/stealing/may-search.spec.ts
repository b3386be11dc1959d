import fc from 'fast-check';
import { maySearch } from './may-search.js';

it.each([
  [0, 0, true],
  [1, 0, false],
  [0, 1, true],
  [1, 3, false],
  [1, 4, true],
  [2, 5, false],
])('while %i search and %i are busy one more may: %s', (searching, busy, expected) => {
  expect(maySearch({ searching, busy })).toBe(expected);
});

it('lets half of the busy ones search at once and one always, however many ask', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.integer({ min: 1, max: 100 }), (busy, asking) => {
      let searching = 0;
      for (let asked = 0; asked < asking; asked += 1) if (maySearch({ searching, busy })) searching += 1;
      expect(searching).toBe(Math.min(asking, Math.max(1, Math.floor(busy / 2))));
    }),
  );
});
