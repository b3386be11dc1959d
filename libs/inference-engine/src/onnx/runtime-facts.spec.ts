import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { identity, mlp } from '@sluice/onnx-writer';
import { openSession } from './open-session.js';

/**
 * What the design of this folder leans on, and what no documentation of onnxruntime-node promises. When an upgrade breaks
 * one of these, read the named place again before anything else.
 */
describe('onnxruntime-node', () => {
  let folder: string;
  const open = async (name: string, model: Uint8Array) => {
    const path = join(folder, name);
    await writeFile(path, model);
    return InferenceSession.create(path, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  };
  const openIdentity = () => open('identity.onnx', identity([{ name: 'x', type: 'float', dims: ['batch', 2] }]));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-facts-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is the version that these were measured on', () => {
    expect(env.versions.node).toBe('1.30.0');
  });

  it('blocks its thread for the whole of a run: the reason for engine threads', async () => {
    const session = await open('mlp.onnx', mlp([1024, 2048, 2048, 8]));
    const x = new Tensor('float32', new Float32Array(512 * 1024), [512, 1024]);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const startedAt = performance.now();
    await session.run({ x });
    const elapsed = performance.now() - startedAt;
    clearInterval(timer);
    expect(elapsed).toBeGreaterThan(20);
    // One may be due before the run begins, and one right after it.
    expect(ticks).toBeLessThanOrEqual(2);
  });

  it('reads an input where its view lies, and writes the answer elsewhere: both buffers can be moved', async () => {
    const session = await openIdentity();
    const pool = Float32Array.of(9, 9, 1, 2, 3, 4, 9, 9);
    const x = new Tensor('float32', pool.subarray(2, 6), [2, 2]);
    const { x_out: output } = await session.run({ x });
    expect(output?.data).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(output?.data).not.toBe(x.data);
    expect(bufferOf(output)).not.toBe(pool.buffer);
  });

  it('takes a buffer again that was moved to another thread and back', async () => {
    const session = await openIdentity();
    let buffer = new ArrayBuffer(16);
    for (const value of [1, 2, 3]) {
      buffer = structuredClone(buffer, { transfer: [buffer] });
      const view = new Float32Array(buffer, 8, 2).fill(value);
      const { x_out: output } = await session.run({ x: new Tensor('float32', view, [1, 2]) });
      const answer = bufferOf(output);
      expect(new Float32Array(structuredClone(answer, { transfer: [answer] }))).toEqual(Float32Array.of(value, value));
      expect(answer.byteLength).toBe(0);
    }
  });

  it('gives the outputs asked for, and no others', async () => {
    const values = ['a', 'b'].map((name) => ({ name, type: 'float' as const, dims: ['batch', 2] }));
    const session = await open('two.onnx', identity(values));
    const value = new Tensor('float32', Float32Array.of(1, 2), [1, 2]);
    expect(Object.keys(await session.run({ a: value, b: value }, ['b_out']))).toEqual(['b_out']);
  });

  it('does not burn a core between runs when spinning is off', async () => {
    const path = join(folder, 'mlp.onnx');
    await writeFile(path, mlp([256, 256, 8]));
    const { session } = await openSession(path, {
      device: 'cpu',
      fallback: 'none',
      intraOpThreads: 2,
      allowSpinning: false,
    });
    const x = new Tensor('float32', new Float32Array(32 * 256), [32, 256]);
    await session.run({ x });
    const startedAt = performance.now();
    const before = process.cpuUsage();
    for (let run = 0; run < 20; run++) {
      await session.run({ x });
      await delay(20); // The pace is what is measured: between the runs there is nothing to do.
    }
    const { user, system } = process.cpuUsage(before);
    const cores = (user + system) / 1000 / (performance.now() - startedAt);
    // 0.05; with a spinning thread 0.5 to 1.
    expect(cores).toBeLessThan(0.25);
  });
});

function bufferOf(tensor: Tensor | undefined): ArrayBuffer {
  if (!ArrayBuffer.isView(tensor?.data) || !(tensor.data.buffer instanceof ArrayBuffer)) throw new Error('no buffer');
  return tensor.data.buffer;
}
