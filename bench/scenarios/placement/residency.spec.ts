import { countWarm, type WorkerRecord } from './residency.js';

const record = (spec: Partial<WorkerRecord>): WorkerRecord => ({ ready: [], released: [], runs: [], ...spec });
const one = record({ ready: [{ model: 'a', at: 50 }], runs: [{ model: 'a', jobs: 2, startedAt: 120 }] });

describe('a warm request', () => {
  it('is one whose worker had its model when it was due', () => {
    const late = record({ ready: [{ model: 'a', at: 130 }], runs: [{ model: 'a', jobs: 1, startedAt: 140 }] });
    const asked = [100, 110, 125].map((dueAt) => ({ model: 'a', dueAt }));
    expect(countWarm(asked, [late, one])).toBe(2);
  });

  it('is none of a model that its worker had released and loads again', () => {
    const again = record({
      ready: [
        { model: 'a', at: 10 },
        { model: 'a', at: 200 },
      ],
      released: [{ model: 'a', at: 90 }],
      runs: [
        { model: 'a', jobs: 1, startedAt: 20 },
        { model: 'a', jobs: 2, startedAt: 210 },
      ],
    });
    const asked = [100, 205].map((dueAt) => ({ model: 'a', dueAt }));
    expect(countWarm(asked, [again])).toBe(1);
  });

  it('is not counted when another number of requests ran than was answered', () => {
    const asked = (count: number) => Array.from({ length: count }, () => ({ model: 'a', dueAt: 100 }));
    expect(() => countWarm(asked(3), [one])).toThrow('a: more requests were answered than ran');
    expect(() => countWarm(asked(1), [one])).toThrow('a: more requests ran than were answered');
  });
});
