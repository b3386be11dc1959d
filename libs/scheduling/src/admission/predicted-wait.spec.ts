import fc from 'fast-check';
import { predictedWaitMs, type FleetLoad } from './predicted-wait.js';

/** A full batch of 8 takes 12 ms, one row 5. */
const cost = { fixedMs: 4, perRowMs: 1, error: undefined, observations: 10 };
const queue = (waitingRows: number, known = true) => ({ waitingRows, cost: known ? cost : undefined, maxRows: 8 });
const worker = (...queues: string[]) => ({ queues, capacity: 1 });

function load(workers: FleetLoad['workers'], queues: Record<string, ReturnType<typeof queue>>): FleetLoad {
  return { workers, queues: new Map(Object.entries(queues)) };
}

describe('the predicted wait', () => {
  it.each([
    ['nothing while less than a batch waits: it joins that', load([worker('a')], { a: queue(7) }), 0],
    ['the full batches ahead', load([worker('a')], { a: queue(17) }), 24],
    ['half of that with two workers', load([worker('a'), worker('a')], { a: queue(17) }), 12],
    ['more where updates take a part', load([{ queues: ['a'], capacity: 0.5 }], { a: queue(17) }), 48],
    ['also for other queues of the worker', load([worker('a', 'b')], { a: queue(8), b: queue(9) }), 12 + 12 + 5],
    ['not for queues of others', load([worker('a'), worker('b')], { a: queue(8), b: queue(800) }), 12],
    [
      'only for the part of another queue that others do not do',
      load([worker('a', 'b'), worker('b'), worker('b')], { a: queue(0), b: queue(24) }),
      12,
    ],
    ['at least what is known of the others', load([worker('a', 'b')], { a: queue(8), b: queue(80, false) }), 12],
  ])('is %s', (_, fleet, expected) => {
    expect(predictedWaitMs('a', fleet)).toBeCloseTo(expected, 9);
  });

  it('is not known before the queue’s cost is', () => {
    expect(predictedWaitMs('a', load([worker('a')], { a: queue(800, false) }))).toBeUndefined();
    expect(predictedWaitMs('a', load([worker('a')], {}))).toBeUndefined();
  });

  it('is for ever where no worker serves the queue', () => {
    expect(predictedWaitMs('a', load([worker('b')], { a: queue(1) }))).toBe(Infinity);
    expect(predictedWaitMs('a', load([{ queues: ['a'], capacity: 0 }], { a: queue(1) }))).toBe(Infinity);
  });

  it('grows with what waits and shrinks with every worker', () => {
    const rows = fc.integer({ min: 0, max: 500 });
    const serves = fc.array(fc.subarray(['a', 'b'], { minLength: 1 }), { maxLength: 6 });
    fc.assert(
      fc.property(rows, rows, rows, serves, (own, others, more, fleet) => {
        const workers = [worker('a'), ...fleet.map((queues) => worker(...queues))];
        const wait = predictedWaitMs('a', load(workers, { a: queue(own), b: queue(others) }))!;
        expect(predictedWaitMs('a', load(workers, { a: queue(own + more), b: queue(others) }))).toBeGreaterThanOrEqual(
          wait,
        );
        expect(predictedWaitMs('a', load(workers, { a: queue(own), b: queue(others + more) }))).toBeGreaterThanOrEqual(
          wait,
        );
        const helped = [...workers, worker('a')];
        expect(predictedWaitMs('a', load(helped, { a: queue(own), b: queue(others) }))).toBeLessThanOrEqual(
          wait + 1e-9,
        );
      }),
    );
  });
});
