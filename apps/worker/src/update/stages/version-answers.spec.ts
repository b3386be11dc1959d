import type { GoldenItem } from '@sluice/contracts';
import { SimulatedEngine, type ScriptedModelFile } from '@sluice/inference-engine';
import { SimulatedClock } from '@sluice/testing';
import { Slice } from '../slice.js';
import type { Answer } from './version-answers.js';
import { SLICE_MS, VersionHarness } from './version.harness.js';

const FILE: ScriptedModelFile = {
  inputs: [{ name: 'x', datatype: 'INT32', shape: [-1, 2] }],
  outputs: [{ name: 'sum', datatype: 'INT32', shape: [-1, 1] }],
  fixedMs: 1,
  perRowMs: 0.25,
  failRowsWithValue: 666,
};

/** Asks a scripted model in virtual time. */
async function ask(items: readonly GoldenItem[], file: Partial<ScriptedModelFile> = {}, maxBatchSize = 16) {
  const clock = new SimulatedClock();
  const text = JSON.stringify({ ...FILE, ...file });
  const engine = new SimulatedEngine({ clock, read: () => text, onCrash: () => {} });
  const loaded = await engine.load({ ref: { model: 'm', version: '1' }, path: '' });
  const { answers, runs } = new VersionHarness(loaded, maxBatchSize);
  const slices: number[] = [];
  const all = (async () => {
    const slice = new Slice({ sliceMs: SLICE_MS, clock });
    const asking = answers.answer(items, slice);
    let next = await asking.next();
    for (; !next.done; next = await asking.next()) slices.push(next.value);
    slices.push(slice.end());
    return next.value;
  })();
  await clock.settled(all);
  return { said: (await all).map(wordOf), runs, slices };
}

describe('VersionAnswers', () => {
  it('asks in batches as large as are served, and answers each item', async () => {
    const items = Array.from({ length: 40 }, (_, index) => item([index, 1]));
    const { said, runs } = await ask(items);
    expect(said).toEqual(items.map((_, index) => [index + 1]));
    expect(runs).toEqual([16, 16, 8]);
  });

  it('cuts what is long into slices, and batches that are longer than a slice', async () => {
    const { runs, slices } = await ask(
      Array.from({ length: 40 }, () => item([1, 1])),
      { perRowMs: 1 },
    );
    // Nothing is known of the first one.
    expect(runs[0]).toBe(16);
    expect(Math.max(...runs.slice(1))).toBeLessThanOrEqual(9);
    expect(slices[0]).toBe(17);
    expect(Math.max(...slices.slice(1))).toBeLessThanOrEqual(SLICE_MS);
    const total = runs.reduce((sum, rows) => sum + 1 + rows, 0);
    expect(slices.reduce((sum, ms) => sum + ms)).toBeCloseTo(total);
  });

  it('runs several small batches in a slice', async () => {
    const { runs, slices } = await ask(
      Array.from({ length: 32 }, () => item([1, 1])),
      { fixedMs: 0.5, perRowMs: 0 },
      4,
    );
    expect(runs).toEqual(Array.from({ length: 8 }, () => 4));
    expect(slices).toEqual([4]);
  });

  it('finds the item that fails among its neighbours', async () => {
    const { said, runs } = await ask([item([1, 1]), item([666, 1]), item([2, 2])]);
    expect(said).toEqual([[2], 'row 0 has the value that fails', [4]]);
    expect(runs).toEqual([3, 1, 1, 1]);
  });

  it('keeps items of several rows together, and apart what cannot be joined', async () => {
    const { said, runs } = await ask([item([1, 1], [2, 2]), item([3, 3])]);
    expect(said).toEqual([[2, 4], [6]]);
    expect(runs).toEqual([3]);
    const alone = await ask([item([1, 1]), item([3, 3])], {}, 0);
    expect(alone.runs).toEqual([1, 1]);
  });

  it('says of an input that the model does not take what is wrong with it', async () => {
    const other = { rows: 1, inputs: [{ ...item([1, 1]).inputs[0]!, name: 'z' }] };
    expect((await ask([other])).said).toEqual(['input x is missing']);
  });
});

function item(...rows: readonly (readonly [number, number])[]): GoldenItem {
  const bytes = new Uint8Array(Int32Array.from(rows.flat()).buffer);
  return { rows: rows.length, inputs: [{ name: 'x', datatype: 'INT32', shape: [rows.length, 2], bytes }] };
}

function wordOf(answer: Answer): number[] | string {
  if ('failed' in answer) return answer.failed;
  return [...new Int32Array(answer.outputs[0]!.bytes.slice().buffer)];
}
