import { mostSearching } from './most-searching.js';

it.each([
  [0, 1],
  [1, 1],
  [3, 1],
  [4, 2],
  [5, 2],
  [100, 50],
])('while %i are busy %i may search', (busy, most) => {
  expect(mostSearching(busy)).toBe(most);
});
