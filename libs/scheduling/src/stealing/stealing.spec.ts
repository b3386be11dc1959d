import fc from 'fast-check';
import { loot } from './loot.js';
import { worthStealing } from './worth-stealing.js';

interface Case {
  readonly workers: number;
  readonly jobs: number;
  readonly jobMs: number;
  readonly maxBatch: number;
  /** What a thief has to do before its first batch. */
  readonly costMs: number;
}

const cases: fc.Arbitrary<Case> = fc.record({
  workers: fc.integer({ min: 2, max: 16 }),
  jobs: fc.integer({ min: 1, max: 2_000 }),
  jobMs: fc.integer({ min: 1, max: 20 }),
  maxBatch: fc.integer({ min: 1, max: 32 }),
  costMs: fc.integer({ min: 0, max: 500 }),
});

type Steals = (waiting: number, maxBatch: number, wait: { victimWaitMs: number; costMs: number }) => number;

/** How long it takes until all is done that waited in the own queue of worker 0, and what others did of it. */
function makespan({ workers, jobs, jobMs, maxBatch, costMs }: Case, steals: Steals): { ms: number; stolen: number } {
  const freeAt = Array.from({ length: workers }, () => 0);
  const isReady = freeAt.map((_, index) => index === 0);
  const gaveUp = new Set<number>();
  let waiting = jobs;
  let stolen = 0;
  while (waiting > 0) {
    const inTurn = [...freeAt.keys()].filter((each) => !gaveUp.has(each));
    const next = inTurn.reduce((first, each) => (freeAt[each]! < freeAt[first]! ? each : first));
    const now = freeAt[next]!;
    const readyMs = isReady[next] ? 0 : costMs;
    // By the owner alone: the rest of its run, then all that waits.
    const victimWaitMs = freeAt[0]! - now + waiting * jobMs;
    const taken =
      next === 0 ? Math.min(waiting, maxBatch) : steals(waiting, maxBatch, { victimWaitMs, costMs: readyMs });
    // What waits for the owner only gets less: what is not worth it now will not be.
    if (taken === 0) gaveUp.add(next);
    else {
      isReady[next] = true;
      freeAt[next] = now + readyMs + taken * jobMs;
      waiting -= taken;
      if (next !== 0) stolen += taken;
    }
  }
  return { ms: Math.max(...freeAt), stolen };
}

const asDecided: Steals = (waiting, maxBatch, wait) => (worthStealing(wait) ? loot(waiting, maxBatch) : 0);

/** All work in the queue of one: done after the ideal T / P, one batch, and twice what a thief pays to get ready. */
function boundsTheMakespan(steals: Steals): void {
  fc.assert(
    fc.property(cases, (each) => {
      const ideal = (each.jobs * each.jobMs) / each.workers;
      const bound = ideal + each.maxBatch * each.jobMs + 2 * each.costMs;
      expect(makespan(each, steals).ms).toBeLessThanOrEqual(bound + 1e-6);
    }),
  );
}

/** Whoever is robbed loses little: all is done one batch later at most than the owner alone would have done it. */
function harmsLittle(steals: Steals): void {
  fc.assert(
    fc.property(cases, (each) => {
      const alone = (each.jobs + each.maxBatch) * each.jobMs;
      expect(makespan(each, steals).ms).toBeLessThanOrEqual(alone);
    }),
  );
}

describe('stealing', () => {
  it('bounds the time that uneven work takes', () => {
    expect(() => boundsTheMakespan(asDecided)).not.toThrow();
  });

  it('makes nothing much later, whatever it costs', () => {
    expect(() => harmsLittle(asDecided)).not.toThrow();
  });

  it('makes four workers of one: 1,000 jobs in batches of 8 take a quarter of the time', () => {
    const { ms, stolen } = makespan({ workers: 4, jobs: 1_000, jobMs: 5, maxBatch: 8, costMs: 0 }, asDecided);
    expect(ms).toBeLessThanOrEqual(1.04 * 1_250);
    expect(stolen).toBeGreaterThan(700);
  });
});

/** Mistakes that would be easy to make. The law must catch each. */
describe('the law of stealing', () => {
  it('catches thieves that take nothing', () => {
    expect(() => boundsTheMakespan(() => 0)).toThrow('Property failed');
  });

  it('catches thieves that take all', () => {
    expect(() => boundsTheMakespan((waiting) => waiting)).toThrow('Property failed');
  });

  it('catches thieves that do not look at the cost', () => {
    expect(() => harmsLittle((waiting, maxBatch) => loot(waiting, maxBatch))).toThrow('Property failed');
  });
});
