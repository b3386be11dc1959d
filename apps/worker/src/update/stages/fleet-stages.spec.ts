import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  encodeGoldenSet,
  encodeUpdateJob,
  MODEL_UPDATE_QUEUE,
  type GoldenCheck,
  type GoldenItem,
  type Tensor,
  type UpdateJob,
} from '@sluice/contracts';
import { InMemoryJobQueue } from '@sluice/job-queue';
import { FolderContentStore } from '@sluice/model-store';
import { WorkerHarness } from '../../worker.harness.js';

const ITEMS = 2_000;
const FLEET = { model: 'sum', rollout: 'r', attempt: 1 } as const;
const TOLERANCE = { absolute: 1e-4, relative: 1e-4, maxWrong: 0 };

/** A whole worker, and jobs as they lie in `model-update`. */
describe('the stages that one worker does for all', () => {
  let storeFolder: string;
  let harness: WorkerHarness;
  beforeEach(() => {
    storeFolder = mkdtempSync(join(tmpdir(), 'sluice-store-'));
    harness = new WorkerHarness({ SLUICE_STORE: storeFolder });
  });
  afterEach(async () => {
    await harness.close();
    rmSync(storeFolder, { recursive: true });
  });

  async function enqueue(update: UpdateJob): Promise<string> {
    const job = harness.job(encodeUpdateJob(update));
    await harness.queue.enqueue(MODEL_UPDATE_QUEUE, [job]);
    return job.id;
  }

  /** @returns what the job was settled with */
  async function run(update: UpdateJob): Promise<unknown> {
    const id = await enqueue(update);
    const outcome = await vi.waitFor(() => harness.replies.get(id) ?? Promise.reject(new Error('not yet')), 20_000);
    return outcome.ok ? JSON.parse(new TextDecoder().decode(outcome.result)) : outcome.error;
  }

  async function put(items: readonly GoldenItem[]): Promise<GoldenCheck> {
    const bytes = encodeGoldenSet(items);
    const chunks = (async function* () {
      yield bytes;
    })();
    const store = new FolderContentStore(storeFolder);
    const { digest } = await store.putBlob(chunks, { maxBytes: bytes.byteLength });
    return { digest, ...TOLERANCE };
  }

  it('verifies and opens a version', async () => {
    await harness.start();
    expect(await run({ kind: 'verify', version: '1', ...FLEET })).toMatchObject({ kind: 'verify', files: 1 });
    expect(await run({ kind: 'sandbox', version: '1', ...FLEET })).toMatchObject({
      kind: 'sandbox',
      signature: { inputs: [{ name: 'x', datatype: 'INT32', shape: [-1, 2] }] },
    });
  });

  it('blames a version that crashes the runtime, and goes on serving', async () => {
    await harness.start({ fixedMs: 1 });
    harness.write('9', { loadCrashes: true });
    expect(await run({ kind: 'sandbox', version: '9', ...FLEET })).toEqual({
      code: 'invalid_request',
      message: expect.stringContaining('opening it crashed the runtime (SIGSEGV)'),
    });
    expect(await harness.answers(await harness.send([1, 2]))).toEqual([[3]]);
  });

  it('compares thousands of answers with the live version, under the class of updates', async () => {
    harness.write('2', { fixedMs: 1, failRowsWithValue: undefined });
    await harness.start({ fixedMs: 1, failRowsWithValue: undefined });
    const check = await put(Array.from({ length: ITEMS }, (_, index) => item(index, 1)));
    const job = { kind: 'golden', version: '2', against: '1', check, ...FLEET } as const;
    expect(await run(job)).toEqual({ kind: 'golden', items: ITEMS, wrong: 0, examples: [] });
    const before = harness.scripted.ledger();
    expect(await run(job)).toMatchObject({ items: ITEMS, wrong: 0 });
    const after = harness.scripted.ledger();
    expect(after.rows - before.rows).toBe(2 * ITEMS);
    expect(after.runs - before.runs).toBeLessThan(ITEMS / 8);
  });

  it('fails a version that is wrong on 5 of 100 inputs', async () => {
    harness.write('2', { fixedMs: 1, failRowsWithValue: undefined, wrongEvery: 20 });
    await harness.start({ fixedMs: 1, failRowsWithValue: undefined });
    const items = Array.from({ length: ITEMS }, (_, index) => item(index + 1, 1));
    const against = { kind: 'golden', version: '2', against: '1', check: await put(items), ...FLEET } as const;
    const fault = {
      code: 'invalid_request',
      message:
        '100 of 2000 inputs are answered wrongly, 0 may be. inputs[19]: y[0, 0] is 22, expected 21; ' +
        'inputs[39]: y[0, 0] is 42, expected 41; inputs[59]: y[0, 0] is 62, expected 61',
    };
    expect(await run(against)).toEqual(fault);
    // What is expected may come with the inputs: then no other version is asked.
    const answered = items.map((each, index) => ({ ...each, outputs: [int32('y', [1, 1], [index + 2])] }));
    const alone = { kind: 'golden', version: '2', check: await put(answered), ...FLEET } as const;
    expect(await run(alone)).toEqual(fault);
  });

  it('stops when the version is withdrawn, and holds it no longer', async () => {
    harness.write('2', { fixedMs: 5 });
    await harness.start({ fixedMs: 5 });
    const check = await put(Array.from({ length: 20_000 }, (_, index) => item(index, 1)));
    const golden = run({ kind: 'golden', version: '2', against: '1', check, ...FLEET });
    await vi.waitFor(() => expect(harness.scripted.ledger().rows).toBeGreaterThan(1_000), { timeout: 10_000 });
    // An unload waits for whoever holds a version.
    await harness.wish('unloaded');
    expect(await golden).toEqual({ code: 'model_unavailable', message: 'version 2 of sum was withdrawn meanwhile' });
  });

  it('makes inputs of its own where there are none', async () => {
    harness.write('2', { fixedMs: 1 });
    await harness.start({ fixedMs: 1 });
    expect(await run({ kind: 'golden', version: '2', against: '1', ...FLEET })).toMatchObject({ items: 32, wrong: 0 });
  });

  it('leaves golden inputs to a worker that has the version', async () => {
    const release = vi.spyOn(InMemoryJobQueue.prototype, 'release');
    onTestFinished(() => release.mockRestore());
    await harness.start();
    const id = await enqueue({ kind: 'golden', version: '7', against: '1', ...FLEET });
    await vi.waitFor(() => expect(release.mock.calls.flat(2)).toMatchObject([{ jobId: id }]));
    expect(harness.replies.get(id)).toBeUndefined();
    expect((await harness.queue.counts(MODEL_UPDATE_QUEUE)).waiting).toBe(1);
  });

  it('ends golden inputs of a version that was withdrawn: others wait behind them', async () => {
    await harness.change({ kind: 'serve', version: '1' });
    await harness.start();
    expect(await run({ kind: 'golden', version: '7', against: '1', ...FLEET })).toMatchObject({
      code: 'model_unavailable',
      message: 'version 7 of sum was withdrawn meanwhile',
    });
  });

  it('says what to give when nothing tells what is right', async () => {
    await harness.start();
    const check = await put([item(1, 1)]);
    expect(await run({ kind: 'golden', version: '1', check, ...FLEET })).toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('no version of sum is live to say what is right: give the outputs'),
    });
    expect(await run({ kind: 'golden', version: '1', against: '5', check, ...FLEET })).toMatchObject({
      code: 'model_unavailable',
      message: expect.stringContaining('no worker has versions 1 and 5 of sum in memory at a time'),
    });
    const missing = { ...TOLERANCE, digest: 'a'.repeat(64) };
    expect(await run({ kind: 'golden', version: '1', check: missing, ...FLEET })).toMatchObject({
      code: 'model_unavailable',
      message: expect.stringContaining('is missing in the model store'),
    });
  });
});

function item(...values: number[]): GoldenItem {
  return { rows: 1, inputs: [int32('x', [1, values.length], values)] };
}

function int32(name: string, shape: number[], values: number[]): Tensor {
  return { name, datatype: 'INT32', shape, bytes: new Uint8Array(Int32Array.from(values).buffer) };
}
