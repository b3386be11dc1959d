import { listText } from './list.js';

it('lists models with their versions, what serves and what is wrong', () => {
  const text = listText([
    {
      name: 'digits',
      live: '9',
      candidate: '10',
      canaryPercent: 25,
      versions: [
        { version: '9', state: 'live', readyOn: 2 },
        {
          version: '10',
          state: 'candidate',
          readyOn: 1,
          bytes: 2_500_000,
          pushed: '2026-11-23T18:00:01.000Z',
          origin: 'ci',
        },
        { version: '11', state: 'stored', readyOn: 0, fault: 'it is damaged' },
      ],
    },
    { name: 'faces', canaryPercent: 0, versions: [{ version: '1', state: 'served', readyOn: 1 }] },
  ]);
  expect(text).toBe(
    [
      'digits: 9 is live, 10 is on its way (25 % of the requests)',
      '   9  live       ready on 2',
      '  10  candidate  ready on 1  2.5 MB  2026-11-23 18:00  ci',
      '  11  stored     it is damaged',
      'faces',
      '  1  served     ready on 1',
      '',
    ].join('\n'),
  );
  expect(listText([])).toContain('sluice models push');
});
