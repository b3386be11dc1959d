import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor } from '@sluice/contracts';
import type { InferenceEngine, LoadedModel, PackedBatch, RunResult } from './inference-engine.js';
import { packBatch } from './pack-batch.js';

/** What an adapter brings: its engine, and its kind of file for models that all adapters have. */
export interface EngineSubject {
  create(): InferenceEngine;
  /** `x` FP32 [-1, 3] -> `y` FP32 [-1, 1] and `z` FP32 [-1, 2]: every element is the sum of its row of `x`. */
  readonly sums: Uint8Array | string;
  /** `x` FP32 [-1, 3] -> `y` FP32 [-1, 1]: a run with a row that starts with FAILING_VALUE fails while it runs. */
  readonly fragile: Uint8Array | string;
  /** `x` FP32 [-1, 3] -> `y` FP32 [-1, 1]: a run of SLOW_ROWS rows takes 50 ms at the very least. */
  readonly slow: Uint8Array | string;
}

export const FAILING_VALUE = 99;
export const SLOW_ROWS = 64;
const MODELS = ['sums', 'fragile', 'slow'] as const;

/** What every adapter of the port InferenceEngine does, whatever computes behind it. */
export function describeInferenceEngine(name: string, subject: EngineSubject): void {
  describe(`${name} as an InferenceEngine`, () => {
    let folder: string;
    let engine: InferenceEngine;
    const load = (model: (typeof MODELS)[number] | 'missing' | 'corrupt') =>
      engine.load({ ref: { model, version: '1' }, path: join(folder, model) });

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'sluice-engine-'));
      await Promise.all(MODELS.map((model) => writeFile(join(folder, model), subject[model])));
      await writeFile(join(folder, 'corrupt'), 'no model at all');
    });
    afterAll(() => rm(folder, { recursive: true }));
    beforeEach(() => {
      engine = subject.create();
    });
    afterEach(() => engine.close());

    it('says what it has loaded', async () => {
      const model = await load('sums');
      expect(model.signature).toEqual({
        inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 3] }],
        outputs: [
          { name: 'y', datatype: 'FP32', shape: [-1, 1] },
          { name: 'z', datatype: 'FP32', shape: [-1, 2] },
        ],
      });
      expect(model.hasBatchDimension).toBe(true);
      expect(model.device).not.toBe('');
    });

    it('computes the outputs asked for, in the order asked', async () => {
      const model = await load('sums');
      const rows = [1, 2, 3, 10, 20, 30];
      const { outputs } = await model.run(batchOf(rows, ['z', 'y']));
      expect(outputs.map((output) => [output.name, output.datatype, output.shape])).toEqual([
        ['z', 'FP32', [2, 2]],
        ['y', 'FP32', [2, 1]],
      ]);
      expect(outputs.map(floats)).toEqual([
        [6, 6, 60, 60],
        [6, 60],
      ]);
      const { outputs: one } = await model.run(batchOf(rows, ['y']));
      expect(one.map((output) => output.name)).toEqual(['y']);
    });

    it('moves the batch away and gives its buffer back, to be used again', async () => {
      const model = await load('sums');
      const batch = batchOf([1, 1, 1]);
      const length = batch.buffer.byteLength;
      let { buffer } = batch;
      for (const value of [1, 2, 3]) {
        new Float32Array(buffer).fill(value);
        const running = model.run({ ...batch, buffer });
        expect(buffer.byteLength).toBe(0);
        const result = await running;
        expect(result.outputs.map(floats)).toEqual([[value * 3]]);
        expect(result.buffer.byteLength).toBe(length);
        buffer = result.buffer;
      }
    });

    it('reads its inputs where they lie in a larger buffer', async () => {
      const model = await load('sums');
      const buffer = new Float32Array([9, 9, 1, 2, 3, 9]).buffer;
      const input = { name: 'x', datatype: 'FP32', shape: [1, 3], byteOffset: 8, byteLength: 12 } as const;
      const result = await model.run({ buffer, inputs: [input], outputs: ['y'] });
      expect(result.outputs.map(floats)).toEqual([[6]]);
    });

    it('serves the runs of a model in order, one at a time', async () => {
      const model = await load('slow');
      const finished: number[] = [];
      const results = await Promise.all(
        [SLOW_ROWS, 1, 2].map(async (rows) => {
          const result = await model.run(zeros(rows));
          finished.push(rows);
          return result;
        }),
      );
      expect(finished).toEqual([SLOW_ROWS, 1, 2]);
      expect(results.map(({ outputs }) => outputs[0]?.shape)).toEqual([
        [SLOW_ROWS, 1],
        [1, 1],
        [2, 1],
      ]);
    });

    it('leaves the event loop free while the device computes, and says how long that took', async () => {
      const model = await load('slow');
      let ticks = 0;
      const timer = setInterval(() => ticks++, 10);
      const startedAt = performance.now();
      const { deviceMs } = await model.run(zeros(SLOW_ROWS));
      const elapsed = performance.now() - startedAt;
      clearInterval(timer);
      expect(deviceMs).toBeGreaterThan(50);
      expect(deviceMs).toBeLessThanOrEqual(elapsed);
      // Half of what an idle machine counts.
      expect(ticks).toBeGreaterThanOrEqual(Math.floor(deviceMs / 20));
    });

    it('fails the run that the runtime fails, and goes on with the next', async () => {
      const model = await load('fragile');
      const failing = model.run(batchOf([1, 0, 0, FAILING_VALUE, 0, 0]));
      const next = model.run(batchOf([1, 0, 0]));
      await expect(failing).rejects.toMatchObject({ code: 'inference_failed', message: expect.stringMatching(/./) });
      await expect(next).resolves.toMatchObject({ outputs: [{ name: 'y', shape: [1, 1] }] });
    });

    it('refuses what does not fit the model, and leaves the buffer where it is', async () => {
      const model = await load('sums');
      const good = batchOf([1, 2, 3]);
      const [x] = good.inputs;
      const bad: PackedBatch[] = [
        { ...good, inputs: [] },
        { ...good, inputs: [{ ...x!, name: 'other' }] },
        { ...good, inputs: [{ ...x!, datatype: 'INT32' }] },
        { ...good, inputs: [{ ...x!, shape: [3] }] },
        { ...good, inputs: [{ ...x!, shape: [2, 3] }] },
        { ...good, inputs: [{ ...x!, byteOffset: 8 }] },
        { ...good, outputs: ['other'] },
        { ...good, outputs: [] },
      ];
      for (const batch of bad) await expect(model.run(batch)).rejects.toMatchObject({ code: 'inference_failed' });
      expect((await model.run(good)).outputs.map(floats)).toEqual([[6]]);
      await expect(model.run(good)).rejects.toThrow('buffer of 0');
    });

    it('finishes the run in flight before it releases the model', async () => {
      const model = await load('slow');
      const events: string[] = [];
      const running = model.run(zeros(SLOW_ROWS)).then(() => events.push('ran'));
      const released = [model.release(), model.release()].map((each) => each.then(() => events.push('released')));
      await expect(model.run(zeros(1))).rejects.toMatchObject({ code: 'model_unavailable' });
      await Promise.all([running, ...released]);
      expect(events).toEqual(['ran', 'released', 'released']);
    });

    it('serves one model after another was released', async () => {
      const [first, second] = await Promise.all([load('sums'), load('fragile')]);
      await first.release();
      expect(await second.run(batchOf([1, 0, 0]))).toMatchObject({ outputs: [{ name: 'y' }] });
    });

    it('closes once, after the runs in flight, and takes nothing afterwards', async () => {
      const [slow, sums] = await Promise.all([load('slow'), load('sums')]);
      const runs = [slow.run(zeros(SLOW_ROWS)), sums.run(batchOf([1, 2, 3]))];
      await Promise.all([engine.close(), engine.close()]);
      await engine.close();
      expect(await Promise.all(runs.map(isSettled))).toEqual([true, true]);
      await Promise.all(runs);
      await expect(sums.run(batchOf([1, 2, 3]))).rejects.toMatchObject({ code: 'model_unavailable' });
      await expect(load('sums')).rejects.toMatchObject({ code: 'shutting_down' });
      await sums.release();
    });

    it('lets a load that has begun finish, then closes what it loaded', async () => {
      const loading = load('sums');
      await engine.close();
      const model: LoadedModel = await loading;
      await expect(model.run(batchOf([1, 2, 3]))).rejects.toMatchObject({ code: 'model_unavailable' });
    });

    it.each(['missing', 'corrupt'] as const)('names the file that is %s', async (file) => {
      const failure = { code: 'model_unavailable', message: expect.stringContaining(join(folder, file)) };
      await expect(load(file)).rejects.toMatchObject(failure);
      await expect(load('sums')).resolves.toMatchObject({ hasBatchDimension: true });
    });
  });
}

function batchOf(values: readonly number[], outputs: readonly string[] = ['y']): PackedBatch {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  return packBatch([{ name: 'x', datatype: 'FP32', shape: [values.length / 3, 3], bytes }], outputs);
}

function zeros(rows: number): PackedBatch {
  return batchOf(Array.from({ length: rows * 3 }, () => 0));
}

function floats({ bytes }: Tensor): number[] {
  return [...new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)];
}

/** Whether it has settled by now: a promise that is already settled wins the race. */
async function isSettled(run: Promise<RunResult>): Promise<boolean> {
  const pending = Symbol('pending');
  return (await Promise.race([run, Promise.resolve(pending)])) !== pending;
}
