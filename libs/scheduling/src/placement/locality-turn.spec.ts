import fc from 'fast-check';
import { ignoresLocality } from './locality-turn.js';

it('is the turn of exactly one of so many pulls in a row, wherever they begin', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.integer({ min: 1, max: 100 }), (from, every) => {
      const turns = Array.from({ length: every }, (_, index) => ignoresLocality(from + index, every));
      expect(turns.filter(Boolean)).toHaveLength(1);
    }),
  );
});

it('is the turn of one in 13 by default', () => {
  const turns = Array.from({ length: 1_300 }, (_, pull) => ignoresLocality(pull));
  expect(turns.filter(Boolean)).toHaveLength(100);
});
