import type { CostPoint } from '@sluice/contracts';
import { SimulatedClock } from '@sluice/testing';
import { profileSlices } from './profile-slices.js';

/** A profile of a device on which n rows take so long. @returns the slices' device times and what was measured */
async function measure(msOf: (rows: number) => number, maxBatchSize = 32, sliceMs = 10) {
  const clock = new SimulatedClock();
  const points: CostPoint[] = [];
  const progress: number[] = [];
  const lengths: number[] = [];
  const slices = profileSlices({
    maxBatchSize,
    sliceMs,
    clock,
    onPoint: (point) => points.push(point),
    onProgress: (done) => progress.push(done),
    run: (rows) => clock.sleep(msOf(rows)).then(() => msOf(rows)),
  });
  const all = (async () => {
    for await (const length of slices) lengths.push(length);
  })();
  await clock.settled(all);
  return { points, progress, lengths, totalMs: clock.now() };
}

describe('profileSlices', () => {
  it('measures every size up to the most that is served', async () => {
    const { points } = await measure((rows) => 1 + rows / 4);
    expect(points).toEqual([1, 2, 4, 8, 16, 32].map((rows) => ({ rows, ms: 1 + rows / 4 })));
    expect((await measure(() => 1, 24)).points.map(({ rows }) => rows)).toEqual([1, 2, 4, 8, 16, 24]);
    expect((await measure(() => 1, 0)).points.map(({ rows }) => rows)).toEqual([1]);
  });

  it('keeps to its slices, but for a run that is longer by itself', async () => {
    const short = await measure((rows) => 0.5 + rows / 8);
    expect(Math.max(...short.lengths)).toBeLessThanOrEqual(10);
    const long = await measure(() => 25);
    expect(new Set(long.lengths)).toEqual(new Set([25]));
  });

  it('charges all that it ran', async () => {
    const { lengths, totalMs } = await measure((rows) => 0.3 + rows / 16);
    expect(lengths.reduce((sum, ms) => sum + ms)).toBeCloseTo(totalMs);
  });

  it('runs a size often when it is quick, and not for ever when it is slow', async () => {
    expect((await measure(() => 0.01)).totalMs).toBeCloseTo(6 * 51 * 0.01);
    expect((await measure(() => 1_000)).totalMs).toBe(6 * 6 * 1_000);
  });

  it('tells how far it is', async () => {
    const { progress } = await measure((rows) => rows);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBeGreaterThan(0.8);
    expect(progress.at(-1)).toBeLessThanOrEqual(1);
  });
});
