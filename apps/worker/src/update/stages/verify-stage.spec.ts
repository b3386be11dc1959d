import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '@sluice/clock';
import { FolderContentStore, FolderModelStore, LayeredModelStore } from '@sluice/model-store';
import { flipBit, layOut, pushVersion } from '../../../../../test/system/fixtures/model-versions.js';
import { VerifyStage } from './verify-stage.js';

const BIG = 3_000_000;
const VERSION = {
  files: { 'model.onnx': new Uint8Array(1_000).fill(7), 'weights.bin': new Uint8Array(BIG).fill(8) },
  config: {},
};
const REF = { model: 'digits', version: '2' };

describe('VerifyStage', () => {
  let root: string;
  let content: FolderContentStore;
  let stage: VerifyStage;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'sluice-verify-'));
    content = new FolderContentStore(join(root, 'store'));
    layOut(join(root, 'models'), { model: 'digits', version: '1' }, VERSION);
    const store = new LayeredModelStore(new FolderModelStore(join(root, 'models')), content, join(root, 'versions'));
    stage = new VerifyStage(store, content, new SystemClock());
  });
  afterEach(() => rm(root, { recursive: true }));

  async function verify(ref = REF, signal = new AbortController().signal) {
    const progress: number[] = [];
    const job = { kind: 'verify', rollout: 'r', attempt: 1, ...ref } as const;
    const work = await stage.prepare(job, { jobId: 'j', signal, onProgress: (done) => progress.push(done) });
    expect(await work.slices.next()).toMatchObject({ done: true });
    const result: unknown = JSON.parse(new TextDecoder().decode(await work.conclude()));
    return { result, progress };
  }

  it('reads every file, and tells how far it is', async () => {
    await pushVersion(content, REF, VERSION);
    const { result, progress } = await verify();
    expect(result).toEqual({ kind: 'verify', files: 2, bytes: BIG + 1_000 });
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.length).toBeGreaterThan(10);
    expect(progress.at(-1)).toBe(1);
  });

  it('names a file whose bytes have changed since, and again when it is asked again', async () => {
    const { files } = await pushVersion(content, REF, VERSION);
    flipBit(join(root, 'store'), files[1]!.digest);
    await expect(verify()).rejects.toMatchObject({
      code: 'invalid_request',
      message:
        'in the model store, weights.bin is damaged: upload the same bytes again as version 2 of digits, and look at the disk',
    });
    await expect(verify()).rejects.toThrow('weights.bin is missing');
    await pushVersion(content, REF, VERSION);
    expect((await verify()).result).toMatchObject({ files: 2 });
  });

  it('takes a version of the folder of models as it is', async () => {
    expect((await verify({ model: 'digits', version: '1' })).result).toEqual({
      kind: 'verify',
      files: 1,
      bytes: BIG + 1_000,
    });
  });

  it('refuses a version that is not there', async () => {
    await expect(verify({ model: 'digits', version: '3' })).rejects.toMatchObject({
      code: 'invalid_request',
      message: 'there is no version 3 of digits: push it',
    });
  });

  it('stops when it is given up', async () => {
    await pushVersion(content, REF, VERSION);
    await expect(verify(REF, AbortSignal.abort())).rejects.toThrow('aborted');
  });
});
