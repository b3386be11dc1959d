import { DemandMeter, type ModelTally } from './demand-meter.js';

const tally = (spec: Partial<ModelTally> = {}): ModelTally => ({
  deviceMs: 0,
  requests: 0,
  waiting: 0,
  askedFor: 0,
  ...spec,
});

/** Two seconds apart, as the coordinator looks. */
function looked(...tallies: ModelTally[]) {
  const meter = new DemandMeter();
  for (const [index, each] of tallies.entries()) meter.look(10_000 + 2_000 * index, new Map([['q', each]]));
  return meter.of('q');
}

describe('the demand for a model', () => {
  it('is nothing when nothing was ever asked', () => {
    expect(looked(tally(), tally())).toEqual({ backlogMs: 0, demandMsPerSec: 0 });
    expect(new DemandMeter().of('unheard-of')).toEqual({ backlogMs: 0, demandMsPerSec: 0 });
  });

  it('has what waits for a backlog, at what a request took so far', () => {
    expect(looked(tally({ deviceMs: 300, requests: 100, waiting: 7 })).backlogMs).toBe(21);
  });

  it('takes a guess for a request of which none has run', () => {
    expect(looked(tally({ waiting: 2 })).backlogMs).toBe(20);
  });

  it('does not count what was done before it looked', () => {
    const before = tally({ deviceMs: 60_000, requests: 100, askedFor: 50 });
    expect(looked(before).demandMsPerSec).toBe(0);
    expect(looked(before, before).demandMsPerSec).toBe(0);
  });

  it.each([
    ['what was done', tally({ deviceMs: 2_000, requests: 200 })],
    ['what waits more', tally({ waiting: 200 })],
    ['what was refused', tally({ askedFor: 200 })],
  ])('comes to what arrives in the long run: %s', (_, each) => {
    const steady = Array.from({ length: 40 }, (__, index) =>
      tally({
        deviceMs: each.deviceMs * index,
        requests: each.requests * index,
        waiting: each.waiting * index,
        askedFor: each.askedFor * index,
      }),
    );
    expect(looked(...steady).demandMsPerSec).toBeCloseTo(1_000, -1);
  });

  it('does not count twice what waited first and was done then', () => {
    const done = tally({ deviceMs: 100, requests: 10 });
    const after = looked(done, { ...done, waiting: 10 }, tally({ deviceMs: 200, requests: 20 }));
    const once = looked(done, { ...done, waiting: 10 }, { ...done, waiting: 10 });
    expect(after.demandMsPerSec).toBeCloseTo(once.demandMsPerSec, 6);
  });

  it('is over ten seconds after the last request', () => {
    const busy = tally({ deviceMs: 1_000, requests: 100 });
    const after = (looks: number) => looked(tally(), busy, ...Array.from({ length: looks }, () => busy)).demandMsPerSec;
    expect(after(4)).toBeGreaterThan(0);
    expect(after(5)).toBe(0);
  });

  it('expects whoever was refused to come again, for as long as the longest promise lasts, however little that costs', () => {
    const meter = new DemandMeter();
    const cheap = { deviceMs: 1, requests: 100 };
    const refusedAt = 12_000;
    meter.look(10_000, new Map([['q', tally(cheap)]]));
    for (const now of [refusedAt, refusedAt + 14_000]) {
      meter.look(now, new Map([['q', tally({ ...cheap, askedFor: 1 })]]));
      expect(meter.of('q').backlogMs).toBe(0.01);
    }
    meter.look(refusedAt + 16_000, new Map([['q', tally({ ...cheap, askedFor: 1 })]]));
    expect(meter.of('q')).toEqual({ backlogMs: 0, demandMsPerSec: 0 });
  });
});
