import { formatProfile } from './format-profile.js';

it('shows what was measured: rows a second beside the time of a batch', () => {
  const profile = {
    model: 'm',
    version: '1',
    deviceKind: 'cpu: some, 2 threads',
    fingerprint: 'f',
    buckets: {
      '': [
        { rows: 1, ms: 0.123456 },
        { rows: 8, ms: 0.5 },
      ],
      'x=64': [],
    },
    bestBatch: { '': 8 },
    attempts: 1,
    measuredAt: 1_700_000_000_000,
  };
  expect(formatProfile(profile)).toEqual({
    deviceKind: 'cpu: some, 2 threads',
    measured: '2023-11-14T22:13:20.000Z',
    unfinishedAttempts: 1,
    buckets: [
      {
        bucket: '',
        bestBatch: 8,
        sizes: [
          { rows: 1, ms: 0.1235, rowsPerSecond: 8100.1 },
          { rows: 8, ms: 0.5, rowsPerSecond: 16_000 },
        ],
      },
      { bucket: 'x=64', bestBatch: undefined, sizes: [] },
    ],
  });
});
