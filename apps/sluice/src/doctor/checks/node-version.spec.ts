import { checkNodeVersion } from './node-version.js';

it.each([
  ['20.18.3', 'fault'],
  ['18.20.0', 'fault'],
  ['20.19.0', 'ok'],
  ['24.1.0', 'ok'],
])('Node %s: %s', (node, level) => {
  expect(checkNodeVersion({ node })).toMatchObject([{ level }]);
});
