import fc from 'fast-check';
import { CostModel } from './cost-model.js';

const SIZES = [1, 2, 4, 8, 16, 32];

/** A device of known cost; `draws` are its noise, and now and then a machine too busy with something else. */
interface Run {
  readonly rows: number;
  readonly noise: number;
  readonly delayed: boolean;
}
/** Noise is noise: neither biased towards its extremes nor shrunk towards one of them. */
const runs = (count: number) =>
  fc.noShrink(
    fc.noBias(
      fc.array(
        fc.record({
          rows: fc.integer({ min: 1, max: 32 }),
          noise: fc.double({ min: 0.85, max: 1.15, noNaN: true }),
          delayed: fc.integer({ min: 1, max: 20 }).map((draw) => draw === 20),
        }),
        { minLength: count, maxLength: count },
      ),
    ),
  );
const cost = fc.record({
  fixed: fc.double({ min: 0.5, max: 10, noNaN: true }),
  perRow: fc.double({ min: 0.02, max: 2, noNaN: true }),
});

function observe(model: CostModel, device: { fixed: number; perRow: number }, observed: readonly Run[], slower = 1) {
  for (const { rows, noise, delayed } of observed)
    model.observe(rows, (device.fixed + device.perRow * rows) * noise * slower * (delayed ? 50 : 1));
}

/** How far the predictions are off, as a part of the time that the sizes take together. */
function offBy(model: CostModel, { fixed, perRow }: { fixed: number; perRow: number }, slower = 1): number {
  const times = SIZES.map((rows) => (fixed + perRow * rows) * slower);
  const off = SIZES.map((rows, index) => Math.abs(model.predict(rows)! - times[index]!));
  return sum(off) / sum(times);
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe('the cost model', () => {
  it('knows nothing before the first run', () => {
    const model = new CostModel();
    expect([model.predict(1), model.report()]).toEqual([undefined, undefined]);
  });

  it('finds the line behind noisy runs of which one in twenty is delayed 50 times', () => {
    fc.assert(
      fc.property(cost, runs(150), (device, observed) => {
        const model = new CostModel();
        observe(model, device, observed);
        expect(offBy(model, device)).toBeLessThan(0.25);
      }),
    );
  });

  it('hardly moves for a single run that a busy machine delayed', () => {
    fc.assert(
      fc.property(cost, runs(60), fc.integer({ min: 1, max: 32 }), (device, observed, rows) => {
        const model = new CostModel();
        observe(
          model,
          device,
          observed.map((run) => ({ ...run, delayed: false })),
        );
        const before = model.predict(rows)!;
        model.observe(rows, before * 50);
        expect(model.predict(rows)! / before).toBeCloseTo(1, 2);
      }),
    );
  });

  it.each([2, 0.5, 10, 1.3])('follows a device that takes %f times as long from now on, within 20 runs', (slower) => {
    fc.assert(
      fc.property(cost, runs(60), runs(20), (device, before, after) => {
        const model = new CostModel();
        observe(
          model,
          device,
          before.map((run) => ({ ...run, delayed: false })),
        );
        observe(
          model,
          device,
          after.map((run) => ({ ...run, delayed: false })),
          slower,
        );
        expect(offBy(model, device, slower)).toBeLessThan(0.25);
      }),
    );
  });

  it('recovers from a first run that was not like the others', () => {
    const model = new CostModel();
    model.observe(8, 500);
    for (let run = 0; run < 20; run += 1) model.observe(8, 6);
    expect(model.predict(8)).toBeCloseTo(6, 1);
  });

  it('never predicts less than nothing, whatever it sees', () => {
    const any = fc.tuple(
      fc.integer({ min: 1, max: 64 }),
      fc.oneof(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.constant(0)),
    );
    fc.assert(
      fc.property(fc.array(any, { maxLength: 200 }), (observed) => {
        const model = new CostModel();
        for (const [rows, ms] of observed) {
          model.observe(rows, ms);
          const { fixedMs, perRowMs, error } = model.report()!;
          expect(fixedMs).toBeGreaterThanOrEqual(0);
          expect(perRowMs).toBeGreaterThanOrEqual(0);
          expect(Number.isFinite(fixedMs + perRowMs)).toBe(true);
          expect(error ?? 0).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('keeps the shape of its seed while all batches have one size, at the speed that it sees', () => {
    const seed = SIZES.map((rows) => ({ rows, ms: 4 + 0.25 * rows }));
    const model = new CostModel(seed);
    for (let run = 0; run < 2_000; run += 1) model.observe(8, run % 2 === 0 ? 11.4 : 12.6);
    expect(model.predict(8)! / 12).toBeCloseTo(1, 1);
    expect(model.predict(32)! / 24).toBeCloseTo(1, 1);
    expect(model.predict(1)! / 8.5).toBeCloseTo(1, 1);
  });

  it('takes half for fixed when it has seen one size only and has no seed', () => {
    const model = new CostModel();
    for (let run = 0; run < 100; run += 1) model.observe(8, 16);
    const { fixedMs, perRowMs } = model.report()!;
    expect(fixedMs).toBeCloseTo(8, 1);
    expect(perRowMs).toBeCloseTo(1, 1);
  });

  it('learns the shape from the first runs of other sizes, however long it saw only one', () => {
    const model = new CostModel();
    for (let run = 0; run < 5_000; run += 1) model.observe(8, 6);
    for (const rows of [1, 32, 2, 16, 4, 32, 1, 24]) model.observe(rows, 4 + 0.25 * rows);
    expect(offBy(model, { fixed: 4, perRow: 0.25 })).toBeLessThan(0.1);
  });

  it('reports its error honestly: none on a device without noise, what the noise is otherwise, much where nothing can be predicted', () => {
    const model = new CostModel([
      { rows: 1, ms: 5 },
      { rows: 32, ms: 36 },
    ]);
    expect(model.report()).toMatchObject({ error: undefined, observations: 0 });
    for (let run = 0; run < 60; run += 1) model.observe(8, 12);
    expect(model.report()!.error).toBeLessThan(0.01);
    for (let run = 0; run < 60; run += 1) model.observe(8, run % 2 === 0 ? 9 : 15);
    expect(model.report()!.error).toBeGreaterThan(0.15);
    expect(model.report()!.error).toBeLessThan(0.4);
    for (let run = 0; run < 60; run += 1) model.observe(8, 12 * 100 ** (run % 2 === 0 ? -1 : 1));
    expect(model.report()!.error).toBeGreaterThan(0.4);
    expect(model.report()!.observations).toBe(180);
  });

  it.each([
    [0, 1],
    [-1, 1],
    [NaN, 1],
    [Infinity, 1],
    [1, -1],
    [1, NaN],
    [1, Infinity],
  ])('refuses %f rows in %f ms', (rows, ms) => {
    expect(() => new CostModel().observe(rows, ms)).toThrow(RangeError);
    expect(() => new CostModel([{ rows, ms }])).toThrow(RangeError);
  });
});
