import fc from 'fast-check';
import { DeviceShare, type ShareClass } from './device-share.js';

/** What the laws below judge; wrong ones are judged too, so that the laws are known to catch them. */
type Share = Pick<DeviceShare, 'next' | 'charge'>;
type MakeShare = (classes: readonly ShareClass[]) => Share;

interface Case {
  readonly classes: readonly ShareClass[];
  /** The longest unit of each class, in ms. */
  readonly longest: readonly number[];
  /** Decision by decision: what the unit takes, as a part of its class's longest; who begins or ends to have work is 0. */
  readonly steps: readonly { readonly part: number; readonly turns: readonly number[] }[];
}

const NAMES = ['inference', 'model-update', 'profile', 'backfill'];
const ROUNDING_MS = 1e-6;

const cases = (credit: fc.Arbitrary<number>): fc.Arbitrary<Case> =>
  fc.integer({ min: 2, max: NAMES.length }).chain((count) => {
    const each = <T>(value: fc.Arbitrary<T>) => fc.array(value, { minLength: count, maxLength: count });
    const step = fc.record({
      part: fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
      turns: each(fc.integer({ min: 0, max: 19 })),
    });
    return fc
      .record({ weights: each(fc.integer({ min: 1, max: 100 })), credits: each(credit) })
      .chain(({ weights, credits }) =>
        fc.record({
          classes: fc.constant(
            weights.map((weight, index) => ({ name: NAMES[index]!, weight, creditMs: credits[index]! })),
          ),
          longest: each(fc.integer({ min: 1, max: 2_000 })),
          // A law that is broken is broken by a short case or by a long one: shrinking takes minutes.
          steps: fc.noShrink(fc.array(step, { minLength: 50, maxLength: 150 })),
        }),
      );
  });

/** Weights that add up to one. */
function portions(classes: readonly ShareClass[]): number[] {
  const sum = classes.reduce((total, { weight }) => total + weight, 0);
  return classes.map(({ weight }) => weight / sum);
}

const sumBut = (values: readonly number[], index: number) =>
  values.reduce((sum, value, at) => (at === index ? sum : sum + value), 0);

/** While all have work: |T_c - w_c T| <= (1 - w_c) L_c + w_c * (sum of the other L), after every unit. */
function keepsTheShare(make: MakeShare): void {
  fc.assert(
    fc.property(cases(fc.constant(0)), ({ classes, longest, steps }) => {
      const share = make(classes);
      const names = classes.map(({ name }) => name);
      const used = classes.map(() => 0);
      for (const { part } of steps) {
        const index = names.indexOf(share.next(names)!);
        const ms = part * longest[index]!;
        share.charge(names[index]!, ms);
        used[index]! += ms;
        const total = used.reduce((sum, each) => sum + each, 0);
        for (const [at, portion] of portions(classes).entries()) {
          const ahead = used[at]! - portion * total;
          expect(ahead).toBeLessThanOrEqual((1 - portion) * longest[at]! + ROUNDING_MS);
          expect(-ahead).toBeLessThanOrEqual(portion * sumBut(longest, at) + ROUNDING_MS);
        }
      }
    }),
  );
}

/**
 * While a class has work, whatever the others do, it gets w_c T - (1 - w_c) L_c - w_c * (sum of the others' C + L), and
 * waits for sum of (C + L) of the others + (1 - w_c) L_c / w_c at a stretch.
 */
function starvesNobody(make: MakeShare): void {
  fc.assert(
    fc.property(cases(fc.integer({ min: 0, max: 500 })), ({ classes, longest, steps }) => {
      const share = make(classes);
      const others = classes.map(({ creditMs }, index) => creditMs + longest[index]!);
      const windows = classes.map(() => ({ own: 0, total: 0, waited: 0 }));
      const busy = classes.map(() => true);
      for (const { part, turns } of steps) {
        for (const [at, turn] of turns.entries()) if (turn === 0) busy[at] = !busy[at];
        const ready = classes.map(({ name }) => name).filter((_, index) => busy[index]);
        const index = classes.findIndex(({ name }) => name === share.next(ready));
        expect(index === -1).toBe(ready.length === 0);
        const ms = index === -1 ? 0 : part * longest[index]!;
        if (index !== -1) share.charge(classes[index]!.name, ms);
        for (const [at, portion] of portions(classes).entries()) {
          if (!busy[at]) windows[at] = { own: 0, total: 0, waited: 0 };
          const window = windows[at]!;
          if (busy[at]) window.total += ms;
          if (at === index) window.own += ms;
          window.waited = at === index || !busy[at] ? 0 : window.waited + ms;
          const debt = ((1 - portion) * longest[at]!) / portion;
          const behind = portion * window.total - window.own;
          expect(behind).toBeLessThanOrEqual(portion * (debt + sumBut(others, at)) + ROUNDING_MS);
          expect(window.waited).toBeLessThanOrEqual(debt + sumBut(others, at) + ROUNDING_MS);
        }
      }
    }),
  );
}

const PAIR = { weights: [70, 30], creditMs: 500 };
const pair = (creditMs = PAIR.creditMs): ShareClass[] => [
  { name: 'inference', weight: 70, creditMs },
  { name: 'model-update', weight: 30, creditMs: 0 },
];
const BOTH = ['inference', 'model-update'];

/** Runs what is due, in units of one length by class, until a predicate says so. @returns what ran, in order */
function runAll(share: Share, ready: readonly string[], ms: Record<string, number>, units: number): string[] {
  return Array.from({ length: units }, () => {
    const name = share.next(ready)!;
    share.charge(name, ms[name]!);
    return name;
  });
}

/** After a lull of any length inference goes first for its credit of device time, and then no longer. */
function givesTheCreditAndNoMore(make: MakeShare): void {
  const scenario = fc.record({
    lull: fc.integer({ min: 200, max: 2_000 }),
    creditMs: fc.constantFrom(0, 50, 500),
    batchMs: fc.integer({ min: 1, max: 20 }),
  });
  fc.assert(
    fc.property(scenario, ({ lull, creditMs, batchMs }) => {
      const share = make(pair(creditMs));
      runAll(share, ['model-update'], { 'model-update': 10 }, lull);
      const ran = runAll(share, BOTH, { inference: batchMs, 'model-update': 10 }, 1_200);
      const inARow = ran.indexOf('model-update') * batchMs;
      expect(inARow).toBeGreaterThanOrEqual(creditMs);
      // The unit that the update was ahead by, and the last batch, come on top.
      expect(inARow).toBeLessThanOrEqual(creditMs + (10 * 70) / 30 + batchMs);
    }),
  );
}

describe('the share of a device', () => {
  const right: MakeShare = (classes) => new DeviceShare(classes);

  it('is kept within its bound after every unit, for any classes, weights and costs', () => {
    expect(() => keepsTheShare(right)).not.toThrow();
  });

  it('starves no class, whatever the others do', () => {
    expect(() => starvesNobody(right)).not.toThrow();
  });

  it('lets a class that was idle go first for its credit, and no more', () => {
    expect(() => givesTheCreditAndNoMore(right)).not.toThrow();
  });

  it('is 70 to 30 within 39 ms at any moment, with batches of 12 ms and updates of 50 ms', () => {
    const share = new DeviceShare(pair(0));
    const ms = { inference: 12, 'model-update': 50 };
    for (let unit = 0; unit < 10_000; unit += 1) {
      runAll(share, BOTH, ms, 1);
      const { inference = 0, 'model-update': update = 0 } = share.used();
      expect(Math.abs(inference - 0.7 * (inference + update))).toBeLessThan(39);
    }
  });

  it.each(BOTH)('is all of it for %s while nothing else has work', (alone) => {
    const share = new DeviceShare(pair());
    expect(new Set(runAll(share, [alone], { [alone]: 10 }, 1_000))).toEqual(new Set([alone]));
    expect(share.used()[alone]).toBe(10_000);
  });

  it('is kept by a class with credit that is not ready at every decision', () => {
    const share = new DeviceShare(pair());
    const ms = { inference: 12, 'model-update': 10 };
    // After each update the next batch is still being leased: the update runs once more.
    for (let unit = 0; unit < 50_000; unit += 1)
      if (runAll(share, BOTH, ms, 1)[0] === 'model-update') runAll(share, ['model-update'], ms, 1);
    const { inference = 0, 'model-update': update = 0 } = share.used();
    expect(inference / (inference + update)).toBeCloseTo(0.7, 3);
  });

  it('counts what could not be cut, and what ran unasked', () => {
    const share = new DeviceShare(pair());
    share.charge('model-update', 3_000);
    const before = runAll(share, BOTH, { inference: 10, 'model-update': 10 }, 1_000).indexOf('model-update');
    expect(before).toBeGreaterThanOrEqual(700);
    expect(before).toBeLessThanOrEqual(701);
  });

  it('goes to the first configured among equals', () => {
    expect(new DeviceShare(pair()).next(BOTH.toReversed())).toBe('inference');
    expect(new DeviceShare(pair().toReversed()).next(BOTH)).toBe('model-update');
  });

  it('belongs to nobody while nobody has work, and forgets nothing by that', () => {
    const share = new DeviceShare(pair(0));
    share.charge('inference', 1);
    expect(share.next([])).toBeUndefined();
    expect(share.next(BOTH)).toBe('model-update');
  });

  it('is as exact after two thousand years as on the first day', () => {
    const share = new DeviceShare(pair(0));
    share.charge('inference', 7e13);
    share.charge('model-update', 3e13);
    const ran = runAll(share, BOTH, { inference: 0.01, 'model-update': 0.01 }, 10_000);
    expect(ran.filter((name) => name === 'inference').length / ran.length).toBeCloseTo(0.7, 3);
  });

  it('refuses what it was not configured for, and times that are none', () => {
    const share = new DeviceShare(pair());
    expect(() => share.next(['inference', 'backup'])).toThrow(
      'there is no class backup, expected one of inference, model-update',
    );
    expect(() => share.charge('backup', 1)).toThrow('there is no class backup');
    for (const ms of [-1, NaN, Infinity]) expect(() => share.charge('inference', ms)).toThrow(RangeError);
    expect(share.used()).toEqual({ inference: 0, 'model-update': 0 });
  });

  it.each([
    ['no class', []],
    ['one twice', [...pair(), ...pair()]],
    ['a weight of 0', [{ name: 'a', weight: 0, creditMs: 0 }]],
    ['a weight below 0', [{ name: 'a', weight: -1, creditMs: 0 }]],
    ['a weight that is no number', [{ name: 'a', weight: NaN, creditMs: 0 }]],
    ['a credit below 0', [{ name: 'a', weight: 1, creditMs: -1 }]],
    ['a credit without end', [{ name: 'a', weight: 1, creditMs: Infinity }]],
  ])('refuses %s', (_, classes) => {
    expect(() => new DeviceShare(classes)).toThrow(RangeError);
  });
});

/** Mistakes that were made elsewhere. The laws must catch each. */
describe('the laws of the share', () => {
  it('catch a charge by count', () => {
    const byCount: MakeShare = (classes) => {
      const share = new DeviceShare(classes);
      return { next: (ready) => share.next(ready), charge: (name) => share.charge(name, 1) };
    };
    expect(() => keepsTheShare(byCount)).toThrow('Property failed');
  });

  it('catch credit without a bound', () => {
    const unbounded: MakeShare = (classes) =>
      new DeviceShare(classes.map((each) => ({ ...each, creditMs: Number.MAX_SAFE_INTEGER })));
    expect(() => starvesNobody(unbounded)).toThrow('Property failed');
    expect(() => givesTheCreditAndNoMore(unbounded)).toThrow('Property failed');
  });

  it('catch credit that is never given', () => {
    const none: MakeShare = (classes) => new DeviceShare(classes.map((each) => ({ ...each, creditMs: 0 })));
    expect(() => givesTheCreditAndNoMore(none)).toThrow('Property failed');
  });

  it('catch weights that are not looked at', () => {
    const equal: MakeShare = (classes) => new DeviceShare(classes.map((each) => ({ ...each, weight: 1 })));
    expect(() => keepsTheShare(equal)).toThrow('Property failed');
  });

  it('catch strict priority', () => {
    const strict: MakeShare = () => ({ next: (ready) => ready[0], charge: () => {} });
    expect(() => starvesNobody(strict)).toThrow('Property failed');
  });
});
