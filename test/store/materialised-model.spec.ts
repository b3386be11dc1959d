import { OnnxEngine, packBatch } from '@sluice/inference-engine';
import { FolderContentStore, type ManifestFile } from '@sluice/model-store';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { externalDataModel } from './fixtures/external-data-model.js';

const floats = (...values: readonly number[]) => new Uint8Array(Float32Array.from(values).buffer);

/** Another file system than that of the store, so that files are copied; links to another one cannot be made. */
const FOLDERS = [tmpdir(), ...(process.platform === 'linux' ? ['/dev/shm'] : [])];

it.each(FOLDERS)('the runtime opens a version with its data files, materialised in %s', async (folder) => {
  const root = await mkdtemp(join(tmpdir(), 'sluice-materialised-'));
  const into = await mkdtemp(join(folder, 'sluice-models-'));
  const engine = new OnnxEngine({ device: 'cpu', fallback: 'none', intraOpThreads: 1, allowSpinning: false });
  try {
    const store = new FolderContentStore(root);
    const put = async (path: string, bytes: Uint8Array): Promise<ManifestFile> => ({
      path,
      ...(await store.putBlob(Readable.from([bytes]), { maxBytes: 10_000 })),
    });
    const files = [
      await put('model.onnx', externalDataModel('weights/w.bin')),
      await put('weights/w.bin', floats(10, 20)),
    ];
    const ref = { model: 'add', version: '1' };
    await store.putManifest({ ...ref, files, config: {}, origin: 'test', createdAt: Date.now() });
    const path = join(await store.materialise(ref, into), 'model.onnx');
    const model = await engine.load({ ref, path });
    const { outputs } = await model.run(
      packBatch([{ name: 'x', datatype: 'FP32', shape: [2], bytes: floats(1, 2) }], ['y']),
    );
    expect(outputs).toMatchObject([{ name: 'y', bytes: floats(11, 22) }]);
  } finally {
    await engine.close();
    await Promise.all([root, into].map((each) => rm(each, { recursive: true })));
  }
});
