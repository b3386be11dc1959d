import { readAffinity } from './affinity-header.js';

it.each([undefined, 'session-17', '~', 'x'.repeat(256)])('takes %s', (header) => {
  expect(readAffinity(header)).toBe(header);
});

it.each(['', 'two words', 'é', 'x'.repeat(257)])('refuses "%s" and says what it expects', (header) => {
  expect(() => readAffinity(header)).toThrow('x-sluice-affinity: expected 1 to 256 visible ASCII characters');
});
