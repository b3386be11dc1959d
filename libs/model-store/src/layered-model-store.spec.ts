import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { FolderContentStore } from './content/folder-content-store.js';
import { FolderModelStore } from './folder-model-store.js';
import { LayeredModelStore } from './layered-model-store.js';
import type { ServableModel, StoredModel } from './model-store.js';

describe('LayeredModelStore', () => {
  let root: string;
  let content: FolderContentStore;
  let store: LayeredModelStore;
  let versions: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'sluice-layers-'));
    await mkdir(join(root, 'models'));
    content = new FolderContentStore(join(root, 'store'));
    versions = join(root, 'store/versions');
    store = new LayeredModelStore(new FolderModelStore(join(root, 'models')), content, versions);
  });
  afterEach(() => rm(root, { recursive: true }));

  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  const push = async (model: string, version: string, text = 'graph') => {
    const blob = await content.putBlob(Readable.from([Buffer.from(text)]), { maxBytes: 1_000 });
    const files = [{ path: 'model.onnx', ...blob }];
    return content.putManifest({ model, version, files, config: { max_batch_size: 4 }, origin: 'test', createdAt: 1 });
  };
  const servable = (stored: StoredModel | undefined): ServableModel => {
    if (stored?.fault === undefined && stored) return stored;
    throw new Error(`it is no version that can be served: ${stored?.fault}`);
  };
  const listed = async (model?: string) =>
    (await store.list(model)).map(({ ref, isPushed }) => `${ref.model} ${ref.version}${isPushed ? ' pushed' : ''}`);

  it('has the versions of both, those of the folder before pushed ones of the same number', async () => {
    await write('models/m/2/model.onnx', 'in the folder');
    for (const version of ['10', '2', '3']) await push('m', version);
    await push('a', '1');
    expect(await listed()).toEqual(['a 1 pushed', 'm 2', 'm 3 pushed', 'm 10 pushed']);
    expect(await listed('m')).toEqual(['m 2', 'm 3 pushed', 'm 10 pushed']);
  });

  it('says of a pushed version what its manifest says, and lays it out when it is fetched', async () => {
    const { digest } = await push('m', '1', 'weights');
    const [stored] = await store.list('m');
    const path = join(versions, 'm/1/model.onnx');
    expect(stored).toMatchObject({ fingerprint: digest, bytes: 7, path, config: { maxBatchSize: 4 } });
    await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' });
    await Promise.all([store.fetch(servable(stored)), store.fetch(servable(stored))]);
    expect(await readFile(path, 'utf8')).toBe('weights');
  });

  it('lists a version whose manifest is damaged with its fault, beside the others', async () => {
    await push('m', '1');
    await push('m', '2');
    // It cannot be written to by anybody.
    await rm(join(root, 'store/manifests/m/2.json'));
    await write('store/manifests/m/2.json', '{"model": "m"');
    expect(await store.list()).toMatchObject([
      { ref: { version: '1' }, bytes: 5 },
      { ref: { version: '2' }, isPushed: true, fault: expect.stringContaining('manifests/m/2.json') },
    ]);
    expect(await content.manifests()).toHaveLength(1);
  });

  it('says what to do when a file of a pushed version is gone, or has lost bytes', async () => {
    const { files } = await push('m', '1');
    const [stored] = await store.list('m');
    const { digest } = files[0]!;
    const blob = join(root, 'store/blobs/sha256', digest.slice(0, 2), digest);
    await rm(blob);
    await writeFile(blob, 'gra');
    await expect(store.fetch(servable(stored))).rejects.toMatchObject({
      code: 'model_unavailable',
      message: expect.stringMatching(/model\.onnx of m 1 is missing in the model store, or damaged: push .* again$/),
    });
  });

  it('sweeps what killed workers left half laid out, once it is old', async () => {
    await push('m', '1');
    const [old, young] = ['m/.old', 'm/.young'].map((name) => join(versions, name));
    for (const path of [old!, young!]) await mkdir(join(path, 'data'), { recursive: true });
    const then = new Date(Date.now() - 2 * 60 * 60 * 1000);
    await utimes(old!, then, then);
    await store.list();
    expect(await readdir(join(versions, 'm'))).toEqual(['.young']);
  });

  it('sweeps versions that were removed from the store, and no others', async () => {
    for (const version of ['1', '2']) {
      await push('m', version);
      await content.materialise({ model: 'm', version }, versions);
      const then = new Date(Date.now() - 2 * 60 * 60 * 1000);
      await utimes(join(versions, 'm', version), then, then);
    }
    await content.removeManifest({ model: 'm', version: '1' });
    await store.list();
    expect(await readdir(join(versions, 'm'))).toEqual(['2']);
  });
});
