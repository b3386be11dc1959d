import { Numbering } from './numbering.js';

it('what is the same has one number, counted from 1, and is made once', () => {
  const numbering = new Numbering<string>();
  const numbers = ['a', 'b', 'a', 'c', 'b'].map((key) => numbering.numberOf(key, () => `made of ${key}`));
  expect(numbers).toEqual([1, 2, 1, 3, 2]);
  expect(numbering.values).toEqual(['made of a', 'made of b', 'made of c']);
  expect(numbering.count).toBe(3);
});
