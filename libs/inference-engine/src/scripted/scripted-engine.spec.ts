import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor } from '@sluice/contracts';
import { describeInferenceEngine, FAILING_VALUE } from '../inference-engine.conformance.js';
import { packBatch } from '../pack-batch.js';
import { ScriptedEngine } from './scripted-engine.js';
import type { ScriptedModelFile } from './scripted-model.js';

const BASE: ScriptedModelFile = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 3] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
  fixedMs: 0,
  perRowMs: 0,
};

describeInferenceEngine('ScriptedEngine', {
  create: () => new ScriptedEngine(),
  sums: JSON.stringify({ ...BASE, outputs: [...BASE.outputs, { name: 'z', datatype: 'FP32', shape: [-1, 2] }] }),
  fragile: JSON.stringify({ ...BASE, failRowsWithValue: FAILING_VALUE }),
  slow: JSON.stringify({ ...BASE, perRowMs: 150 / 64 }),
});

describe('ScriptedEngine', () => {
  let folder: string;
  let engine: ScriptedEngine;
  async function load(file: ScriptedModelFile) {
    const path = join(folder, 'model.json');
    await writeFile(path, JSON.stringify(file));
    return engine.load({ ref: { model: 'scripted', version: '1' }, path });
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-scripted-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  beforeEach(() => {
    engine = new ScriptedEngine();
  });
  afterEach(() => engine.close());

  it('blocks for fixedMs + perRowMs * rows, to less than a millisecond', async () => {
    const model = await load({ ...BASE, fixedMs: 10, perRowMs: 2.5 });
    const late: number[] = [];
    for (let run = 0; run < 9; run++) late.push((await model.run(rows(4))).deviceMs - 20);
    late.sort((a, b) => a - b);
    expect(late[0]).toBeGreaterThanOrEqual(0);
    // The median: on a busy machine the operating system may wake one of them late.
    expect(late[4]).toBeLessThan(1);
  });

  it('keeps a ledger of what ran, failed runs included', async () => {
    const model = await load({ ...BASE, fixedMs: 5, failRowsWithValue: FAILING_VALUE });
    await model.run(rows(4));
    await expect(model.run(rows(2, FAILING_VALUE))).rejects.toMatchObject({ code: 'inference_failed' });
    expect(engine.ledger()).toMatchObject({ runs: 2, rows: 6 });
    expect(engine.ledger().busyMs).toBeGreaterThanOrEqual(10);
  });

  it('hangs for a while on stallOnValue', async () => {
    const STALL_MS = 60;
    const model = await load({ ...BASE, stallOnValue: 7, stallMs: STALL_MS });
    expect((await model.run(rows(2, 7))).deviceMs).toBeGreaterThanOrEqual(STALL_MS);
    expect((await model.run(rows(2, 8))).deviceMs).toBeLessThan(STALL_MS);
  });

  it('is one too high in some rows with wrongEvery', async () => {
    const model = await load({ ...BASE, wrongEvery: 20 });
    const { outputs } = await model.run(keyed([19, 20, 21, 40], 'y'));
    expect([...new Float32Array(outputs[0]!.bytes.slice().buffer)]).toEqual([29, 31, 31, 51]);
  });

  describe('with a price for a miss', () => {
    const MISSES: ScriptedModelFile['outputs'][number] = { name: 'missed', datatype: 'INT32', shape: [-1] };
    const PRICED: ScriptedModelFile = {
      ...BASE,
      outputs: [...BASE.outputs, MISSES],
      missMs: 10,
      holdsKeys: 2,
      missOutput: 'missed',
    };

    it('takes missMs for each distinct key that it does not hold, and tells which rows paid', async () => {
      const model = await load(PRICED);
      const first = await model.run(keyed([1, 1, 2]));
      expect(first.deviceMs).toBeGreaterThanOrEqual(20);
      expect(int32(first.outputs[0])).toEqual([1, 0, 1]);
      const second = await model.run(keyed([2, 1]));
      expect(second.deviceMs).toBeLessThan(10);
      expect(int32(second.outputs[0])).toEqual([0, 0]);
      expect(int32((await model.run(keyed([3, 1, 2]))).outputs[0])).toEqual([1, 0, 0]);
      expect(int32((await model.run(keyed([3]))).outputs[0])).toEqual([1]);
    });

    it.each([
      ['belong together', { missMs: undefined }],
      ['is BYTES', { inputs: [{ name: 'x', datatype: 'BYTES', shape: [-1] }] }],
      ['name missMs', { missMs: undefined, holdsKeys: undefined }],
      ['is no output', { missOutput: 'y2' }],
      ['the last output', { outputs: [MISSES, ...BASE.outputs] }],
    ] satisfies [string, object][])('refuses a file for its: %s', async (problem, fields) => {
      const file = { ...PRICED, ...fields } as ScriptedModelFile;
      await expect(load(file)).rejects.toThrow(problem);
    });
  });

  describe('while it loads a model', () => {
    const LOAD_MS = 150;
    const RUN_MS = 100;
    /** @returns how long a run and the load of a second model take that begin together, and which was over first */
    async function runBeside(file: Partial<ScriptedModelFile>) {
      const model = await load({ ...BASE, fixedMs: RUN_MS });
      const over: string[] = [];
      const startedAt = performance.now();
      const loading = load({ ...BASE, loadMs: LOAD_MS, ...file }).then(() => over.push('load'));
      await Promise.all([loading, model.run(rows(1)).then(() => over.push('run'))]);
      return { over, ms: performance.now() - startedAt };
    }

    it('takes loadMs for it, and runs the others', async () => {
      const { over, ms } = await runBeside({});
      expect(over).toEqual(['run', 'load']);
      expect(ms).toBeGreaterThanOrEqual(LOAD_MS);
    });

    it('runs nothing where loading holds the device', async () => {
      const { ms } = await runBeside({ loadHoldsDevice: true });
      expect(ms).toBeGreaterThanOrEqual(LOAD_MS + RUN_MS);
    });

    it('takes memoryBytes of real memory, and gives it back', async () => {
      const bytes = 2 ** 28;
      const before = process.memoryUsage.rss();
      const model = await load({ ...BASE, memoryBytes: bytes });
      expect(process.memoryUsage.rss() - before).toBeGreaterThan(0.9 * bytes);
      await model.release();
      await vi.waitFor(() => expect(process.memoryUsage.rss() - before).toBeLessThan(0.5 * bytes));
    });
  });

  it('echoes, strings and half floats as well', async () => {
    const text: Tensor = { name: 't', datatype: 'BYTES', shape: [1], bytes: Uint8Array.of(2, 0, 0, 0, 104, 105) };
    const half: Tensor = { name: 'h', datatype: 'FP16', shape: [1, 2], bytes: Uint8Array.of(0, 60, 0, 64) };
    const model = await load({
      inputs: [
        { name: 't', datatype: 'BYTES', shape: [-1] },
        { name: 'h', datatype: 'FP16', shape: [-1, 2] },
      ],
      outputs: [
        { name: 't_out', datatype: 'BYTES', shape: [-1] },
        { name: 'h_out', datatype: 'FP16', shape: [-1, 2] },
      ],
      fixedMs: 0,
      perRowMs: 0,
      compute: 'echo',
    });
    const { outputs } = await model.run(packBatch([text, half], ['h_out', 't_out']));
    expect(outputs).toEqual([
      { ...half, name: 'h_out' },
      { ...text, name: 't_out' },
    ]);
  });

  it('sums a model without a batch dimension as one row', async () => {
    const model = await load({
      ...BASE,
      inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 3] }],
      outputs: [{ name: 'y', datatype: 'INT64', shape: [] }],
    });
    expect(model.hasBatchDimension).toBe(false);
    const { outputs } = await model.run(rows(2));
    expect(outputs[0]).toMatchObject({ shape: [], bytes: new Uint8Array(BigInt64Array.of(6n).buffer) });
  });

  it.each([
    ['fixedMs', { ...BASE, fixedMs: -1 }],
    ['which is not summed', { ...BASE, inputs: [{ name: 'x', datatype: 'BYTES', shape: [-1] }] }],
    ['cannot echo', { ...BASE, compute: 'echo' }],
    ['variable dimension', { ...BASE, outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, -1] }] }],
    ['makes sums wrong', { ...BASE, compute: 'echo', outputs: BASE.inputs, wrongEvery: 20 }],
    ['failRowWithValue', { ...BASE, failRowWithValue: 1 }],
  ] satisfies [string, object][])('refuses a file for its %s', async (problem, file) => {
    const path = join(folder, 'bad.json');
    await writeFile(path, JSON.stringify(file));
    const loading = engine.load({ ref: { model: 'bad', version: '1' }, path });
    await expect(loading).rejects.toMatchObject({
      code: 'model_unavailable',
      message: expect.stringContaining(problem),
    });
  });

  it.each([
    ['crashOnValue', { crashOnValue: 13 }, 'SIGABRT'],
    ['loadCrashes', { loadCrashes: true }, 'SIGSEGV'],
  ] as const)('takes its process along on %s', async (_, fields, expected) => {
    const path = join(folder, 'crash.json');
    const program = join(folder, 'crash.mjs');
    const built = new URL('../../../../dist/libs/inference-engine/src/index.js', import.meta.url);
    await writeFile(path, JSON.stringify({ ...BASE, ...fields }));
    await writeFile(
      program,
      `import { ScriptedEngine, packBatch } from ${JSON.stringify(built.href)};
       const model = await new ScriptedEngine().load({ ref: { model: 'm', version: '1' }, path: process.argv[2] });
       const bytes = new Uint8Array(Float32Array.of(13, 0, 0).buffer);
       await model.run(packBatch([{ name: 'x', datatype: 'FP32', shape: [1, 3], bytes }], ['y']));`,
    );
    const child = spawn(process.execPath, [program, path], { stdio: 'ignore' });
    const [, signal] = await once(child, 'exit');
    expect(signal).toBe(expected);
  });
});

function rows(count: number, value = 1) {
  const bytes = new Uint8Array(new Float32Array(count * 3).fill(value).buffer);
  return packBatch([{ name: 'x', datatype: 'FP32', shape: [count, 3], bytes }], ['y']);
}

function keyed(keys: readonly number[], output = 'missed') {
  const bytes = new Uint8Array(Float32Array.from(keys.flatMap((key) => [key, 5, 5])).buffer);
  return packBatch([{ name: 'x', datatype: 'FP32', shape: [keys.length, 3], bytes }], [output]);
}

function int32(tensor: Tensor | undefined): number[] {
  return tensor ? [...new Int32Array(tensor.bytes.slice().buffer)] : [];
}
