import { afterDeath } from './after-death.js';

it.each([
  [0, 0, 'as-usual'],
  [1, 0, 'alone'],
  [100, 0, 'alone'],
  [1, 2, 'alone'],
  [0, 3, 'poisoned'],
  [5, 4, 'poisoned'],
] as const)('after %i deaths in company and %i alone a request runs %s', (inCompany, alone, expected) => {
  expect(afterDeath({ inCompany, alone })).toBe(expected);
});
