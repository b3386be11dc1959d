import fc from 'fast-check';
import { spreadWork } from './spread-work.js';

const rounded = (all: readonly number[]) => all.map((each) => Math.round(each));

it.each([
  ['nothing without work', 2, [], [0, 0]],
  ['evenly what all can do', 3, [{ workMs: 90, hosts: [0, 1, 2] }], [30, 30, 30]],
  [
    'to those that have the least',
    3,
    [
      { workMs: 60, hosts: [0] },
      { workMs: 40, hosts: [0, 1, 2] },
    ],
    [60, 20, 20],
  ],
  [
    'away from who alone can do other work',
    2,
    [
      { workMs: 60, hosts: [0, 1] },
      { workMs: 60, hosts: [0] },
    ],
    [60, 60],
  ],
  [
    'along a chain',
    3,
    [
      { workMs: 90, hosts: [0] },
      { workMs: 60, hosts: [0, 1] },
      { workMs: 30, hosts: [1, 2] },
    ],
    [90, 60, 30],
  ],
  ['to nobody what nobody can do', 1, [{ workMs: 90, hosts: [] }], [0]],
])('goes %s', (_, workers, works, levels) => {
  expect(rounded(spreadWork(workers, works))).toEqual(levels);
});

it('is all done, and nobody could hand work to one that has less to do', () => {
  const work = fc.record({ workMs: fc.nat(1_000), hosts: fc.subarray([0, 1, 2, 3, 4], { minLength: 1 }) });
  fc.assert(
    fc.property(fc.array(work, { maxLength: 8 }), (works) => {
      const levels = spreadWork(5, works);
      const total = works.reduce((sum, { workMs }) => sum + workMs, 0);
      expect(levels.reduce((sum, each) => sum + each, 0)).toBeCloseTo(total, 6);
      // Any workers together do at least what only they can do, and the busiest ones no more than that.
      const busiest = Math.max(...levels);
      const full = levels.flatMap((level, index) => (level > busiest - 0.05 * total - 1e-9 ? [index] : []));
      const theirs = works.filter(({ hosts }) => hosts.every((host) => full.includes(host)));
      const onlyTheirs = theirs.reduce((sum, { workMs }) => sum + workMs, 0);
      expect(full.reduce((sum, index) => sum + levels[index]!, 0)).toBeLessThanOrEqual(onlyTheirs + 0.05 * total);
    }),
  );
});
