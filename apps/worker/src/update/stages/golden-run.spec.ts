import type { GoldenCheck, GoldenItem, Tensor } from '@sluice/contracts';
import { SimulatedClock } from '@sluice/testing';
import { GoldenRun } from './golden-run.js';
import type { Answer } from './version-answers.js';

const CHECK: GoldenCheck = { digest: '', absolute: 1e-4, relative: 1e-4, maxWrong: 0 };
const ITEMS = 200;

/** A version that says something to the number that an item is. */
function version(say: (n: number) => number | Error) {
  return {
    async *answer(items: readonly GoldenItem[]): AsyncGenerator<number, Answer[]> {
      yield 1;
      return items.map(({ inputs }) => {
        const said = say(numberIn(inputs));
        return said instanceof Error ? { failed: said.message } : { outputs: [scalar('y', said)] };
      });
    },
  };
}

async function judge(
  candidate: (n: number) => number | Error,
  { live, check, items }: { live?: (n: number) => number | Error; check?: GoldenCheck; items?: GoldenItem[] },
) {
  const progress: number[] = [];
  const run = new GoldenRun({
    items: items ?? Array.from({ length: ITEMS }, (_, n) => ({ rows: 1, inputs: [scalar('x', n)] })),
    candidate: version(candidate),
    live: live && version(live),
    check,
    sliceMs: 10,
    clock: new SimulatedClock(),
    onProgress: (done) => progress.push(done),
  });
  const slices: number[] = [];
  for await (const ms of run.slices()) slices.push(ms);
  expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  expect(progress.at(-1)).toBe(1);
  return run.result();
}

const double = (n: number) => 2 * n;

describe('GoldenRun', () => {
  it('passes an equal version, computed in another order', async () => {
    const noisy = (n: number) => 2 * n * (1 + 1e-6);
    expect(await judge(noisy, { live: double, check: CHECK })).toEqual({
      kind: 'golden',
      items: ITEMS,
      wrong: 0,
      examples: [],
    });
  });

  it('fails one that is wrong on 5 of 100, and shows the first three', async () => {
    const wrong = (n: number) => (n % 20 === 0 ? 2 * n + 1 : 2 * n);
    await expect(judge(wrong, { live: double, check: CHECK })).rejects.toMatchObject({
      code: 'invalid_request',
      message:
        '10 of 200 inputs are answered wrongly, 0 may be. ' +
        'inputs[0]: y[0] is 1, expected 0; inputs[20]: y[0] is 41, expected 40; inputs[40]: y[0] is 81, expected 80',
    });
  });

  it('lets as many be wrong as may be, and none more', async () => {
    const wrong = (n: number) => (n < 10 ? NaN : 2 * n);
    const result = await judge(wrong, { live: double, check: { ...CHECK, maxWrong: 0.05 } });
    expect(result).toMatchObject({
      wrong: 10,
      examples: ['inputs[0]: y[0] is NaN, expected 0', expect.any(String), expect.any(String)],
    });
    await expect(judge(wrong, { live: double, check: { ...CHECK, maxWrong: 0.0499 } })).rejects.toThrow('9 may be');
    const items = Array.from({ length: 100 }, (_, n) => ({ rows: 1, inputs: [scalar('x', n)] }));
    const most = { live: double, check: { ...CHECK, maxWrong: 0.29 }, items };
    expect(await judge((n) => (n < 29 ? NaN : 2 * n), most)).toMatchObject({ wrong: 29 });
  });

  it('believes what the item says, and not the live version', async () => {
    const items = [3, 4].map((n) => ({ rows: 1, inputs: [scalar('x', n)], outputs: [scalar('y', 2 * n)] }));
    expect(await judge(double, { check: CHECK, items })).toMatchObject({ items: 2, wrong: 0 });
    await expect(judge(() => 6, { check: CHECK, items })).rejects.toThrow('inputs[1]: y[0] is 6, expected 8');
  });

  it('counts a run that fails, but not where the live version fails as well', async () => {
    const fails = (n: number) => (n === 7 ? new Error('out of range') : 2 * n);
    await expect(judge(fails, { live: double, check: CHECK })).rejects.toThrow(
      '1 of 200 inputs are answered wrongly, 0 may be. inputs[7]: the run failed: out of range',
    );
    expect(await judge(fails, { live: fails, check: CHECK })).toMatchObject({ wrong: 0 });
  });

  describe('with inputs of nobody', () => {
    it('asks for numbers where the live version has them', async () => {
      expect(await judge((n) => 5 * n, { live: double })).toMatchObject({ wrong: 0 });
      await expect(judge(() => NaN, { live: double })).rejects.toThrow(
        '200 of 200 inputs are answered wrongly, 0 may be. inputs[0]: y[0] is NaN',
      );
      expect(await judge(() => NaN, { live: () => Infinity })).toMatchObject({ wrong: 0 });
    });

    it('asks for nothing where none is live', async () => {
      expect(await judge(() => NaN, {})).toMatchObject({ items: ITEMS, wrong: 0 });
    });
  });
});

function scalar(name: string, value: number): Tensor {
  return { name, datatype: 'FP64', shape: [1], bytes: new Uint8Array(Float64Array.of(value).buffer) };
}

function numberIn([tensor]: readonly Tensor[]): number {
  return new Float64Array(tensor!.bytes.slice().buffer)[0] ?? NaN;
}
