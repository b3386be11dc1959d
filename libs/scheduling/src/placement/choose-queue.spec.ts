import fc from 'fast-check';
import { chooseQueue } from './choose-queue.js';

const owners = (...waits: number[]) => waits.map((waitMs, index) => ({ id: `w${index}`, waitMs }));

it.each([
  ['the first owner, though others are idle', { owners: owners(50, 0), sharedWaitMs: 0, savesMs: 50 }, 'w0'],
  ['the shared queue beyond what the state saves', { owners: owners(51, 0), sharedWaitMs: 0, savesMs: 50 }, undefined],
  [
    'the first owner, however long it takes, when all else takes as long',
    { owners: owners(900), sharedWaitMs: 880, savesMs: 50 },
    'w0',
  ],
  ['the second when it may', { owners: owners(51, 40), sharedWaitMs: 0, savesMs: 50, mayUseSecond: true }, 'w1'],
  [
    'the first all the same when it has room',
    { owners: owners(49, 0), sharedWaitMs: 0, savesMs: 50, mayUseSecond: true },
    'w0',
  ],
  ['never the third', { owners: owners(51, 51, 0), sharedWaitMs: 0, savesMs: 50, mayUseSecond: true }, undefined],
  ['the shared queue when nobody owns the key', { owners: [], sharedWaitMs: 9, savesMs: 50 }, undefined],
  [
    'the shared queue while nobody serves any',
    { owners: owners(Infinity), sharedWaitMs: Infinity, savesMs: 9 },
    undefined,
  ],
  ['an owner that serves when no other does', { owners: owners(9), sharedWaitMs: Infinity, savesMs: 0 }, 'w0'],
])('is %s', (_, choice, expected) => {
  expect(chooseQueue(choice)).toBe(expected);
});

it('never lets a request be answered later than from the shared queue, and uses an owner that does not', () => {
  const ms = fc.integer({ min: 0, max: 1_000 });
  fc.assert(
    fc.property(fc.array(ms, { maxLength: 4 }), ms, ms, fc.boolean(), (waits, sharedWaitMs, savesMs, mayUseSecond) => {
      const id = chooseQueue({ owners: owners(...waits), sharedWaitMs, savesMs, mayUseSecond });
      const asked = owners(...waits).slice(0, mayUseSecond ? 2 : 1);
      expect(id).toBe(asked.find(({ waitMs }) => waitMs - savesMs <= sharedWaitMs)?.id);
    }),
  );
});
