import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { StoredBlob } from '../content-store.js';
import { compileManifest } from '../manifest.js';
import { BlobFolder } from './blob-folder.js';
import { collect } from './collect.js';
import { ManifestFolder } from './manifest-folder.js';
import { TemporaryFolder } from './temporary-folder.js';

describe('collect, beside somebody who puts a version of an old blob', () => {
  let root: string;
  let temporary: TemporaryFolder;
  let blobs: BlobFolder;
  let manifests: ManifestFolder;
  let blob: StoredBlob;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'sluice-collect-'));
    temporary = new TemporaryFolder(join(root, 'temporary'));
    blobs = new BlobFolder(join(root, 'blobs'), temporary);
    manifests = new ManifestFolder(join(root, 'manifests'), temporary, blobs);
    blob = await blobs.put(Readable.from([Buffer.from('old')]), { maxBytes: 10 });
    await makeOld();
  });
  afterEach(() => rm(root, { recursive: true }));

  const makeOld = () => utimes(join(root, 'blobs', blob.digest.slice(0, 2), blob.digest), 0, 0);
  const put = () =>
    manifests.put({
      model: 'm',
      version: '1',
      files: [{ path: 'model.onnx', ...blob }],
      config: {},
      origin: '',
      createdAt: 0,
    });
  /** Collects, and does something after it has looked at the manifests for the nth time. */
  const collectAnd = async (look: number, meanwhile: () => Promise<void>) => {
    let looks = 0;
    const namedBlobs = async () => {
      const named = await manifests.namedBlobs();
      if (++looks === look) await meanwhile();
      return named;
    };
    return collect({ blobs, temporary, manifests: { namedBlobs } }, Date.now() - 1_000);
  };

  it('before it is set aside: it comes back', async () => {
    const { blobs: removed } = await collectAnd(1, async () => {
      await put();
      // A clock that is behind, or a file of another user's that cannot be touched.
      await makeOld();
    });
    expect(removed).toEqual([]);
    expect(await blobs.verify(blob.digest)).toBe('sound');
  });

  it('who has written the manifest down, and is not done: nothing is taken', async () => {
    const content = { model: 'm', version: '1', files: [{ path: 'model.onnx', ...blob }] };
    const { handle } = await temporary.create('manifest');
    await handle.writeFile(JSON.stringify(compileManifest({ ...content, config: {}, origin: '', createdAt: 0 })));
    await handle.close();
    expect(await collect({ blobs, manifests, temporary }, Date.now() - 1_000)).toEqual({ blobs: [], leftovers: 0 });
    expect(await blobs.verify(blob.digest)).toBe('sound');
  });

  it('after it was set aside: the version is refused, and its client told what to upload again', async () => {
    let refusal: unknown;
    const { blobs: removed } = await collectAnd(2, async () => {
      refusal = await put().catch((error: unknown) => error);
    });
    expect(refusal).toMatchObject({ code: 'invalid_request', message: expect.stringContaining(blob.digest) });
    expect(removed).toEqual([blob.digest]);
    expect(await manifests.list()).toEqual([]);
  });

  it('that is in use without a version: it stays', async () => {
    const kept = await collect({ blobs, manifests, temporary }, Date.now() - 1_000, new Set([blob.digest]));
    expect(kept).toEqual({ blobs: [], leftovers: 0 });
    expect(await blobs.verify(blob.digest)).toBe('sound');
  });

  it('who has touched it in time keeps it where it is', async () => {
    const { blobs: removed } = await collectAnd(1, async () => void (await blobs.touch(blob)));
    expect(removed).toEqual([]);
    expect(await temporary.list('aside')).toEqual([]);
    expect(await blobs.find(blob.digest)).toEqual(blob);
  });
});
