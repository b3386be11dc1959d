import { copiesNeeded } from './copies-needed.js';

const need = { queue: 'a', bytes: 1, backlogMs: 0, demandMsPerSec: 0, loadMs: 2_000, minWorkers: 0 };

it.each([
  ['has no demand', {}, undefined],
  ['has the rest of an average', { demandMsPerSec: 0.09, minWorkers: 2 }, undefined],
  ['has the least demand', { demandMsPerSec: 0.1 }, { least: 1, kept: 1 }],
  ['has its first request', { backlogMs: 0.1 }, { least: 1, kept: 1 }],
  ['must be on two workers', { demandMsPerSec: 1, minWorkers: 2 }, { least: 2, kept: 2 }],
  ['is pinned', { pinned: true, minWorkers: 2 }, { least: 2, kept: 2 }],
  ['fills half of a device', { demandMsPerSec: 500 }, { least: 1, kept: 1 }],
  ['fills more than that', { demandMsPerSec: 501 }, { least: 1, kept: 2 }],
])('of a model that %s others leave as many as it needs', (_, more, needed) => {
  expect(copiesNeeded({ ...need, ...more })).toEqual(needed);
});
