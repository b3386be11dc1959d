import { createHash } from 'node:crypto';
import { link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ManifestContent } from '../manifest.js';
import { FolderModelStore } from '../folder-model-store.js';
import { FolderContentStore } from './folder-content-store.js';

describe('FolderContentStore', () => {
  let root: string;
  let folder: string;
  let store: FolderContentStore;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'sluice-content-'));
    folder = join(root, 'store');
    store = new FolderContentStore(folder);
  });
  afterEach(() => rm(root, { recursive: true }));

  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  const blobPath = (digest: string) => join(folder, 'blobs/sha256', digest.slice(0, 2), digest);
  const put = (text: string) => store.putBlob(Readable.from([Buffer.from(text)]), { maxBytes: 1_000_000 });
  const filesIn = async (path: string) => {
    const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  };
  const content = async (texts: Record<string, string>, changed: Partial<ManifestContent> = {}) => {
    const files = await Promise.all(
      Object.entries(texts).map(async ([path, text]) => Object.assign({ path }, await put(text))),
    );
    return { model: 'm', version: '1', files, config: {}, origin: 'test', createdAt: 1, ...changed };
  };
  const age = (path: string, ms: number) => {
    const then = new Date(Date.now() - ms);
    return utimes(path, then, then);
  };

  describe('versions', () => {
    it('are what their manifest says, ordered by number', async () => {
      const manifests = [];
      for (const version of ['10', '9'])
        manifests.push(await store.putManifest(await content({ 'model.onnx': version }, { version })));
      const other = await store.putManifest(await content({ 'model.onnx': '9' }, { model: 'a' }));
      expect(await store.manifests()).toEqual([other, ...manifests.toReversed()]);
      expect(await store.manifests('m')).toEqual(manifests.toReversed());
      expect(await store.manifests('../manifests/m')).toEqual([]);
      expect(await store.manifest({ model: 'm', version: '9' })).toEqual(manifests[1]);
    });

    it.each([
      ['m', '2'],
      ['n', '1'],
      ['../m', '1'],
      ['m', '../m/1'],
    ])('has no %s %s', async (model, version) => {
      await store.putManifest(await content({ 'model.onnx': 'x' }));
      await expect(store.manifest({ model, version })).rejects.toMatchObject({ code: 'version_not_found' });
      await expect(store.materialise({ model, version }, root)).rejects.toMatchObject({ code: 'version_not_found' });
    });

    it('takes the same content again for the same version', async () => {
      const first = await store.putManifest(await content({ 'model.onnx': 'x' }));
      const again = await store.putManifest(await content({ 'model.onnx': 'x' }, { createdAt: 2, origin: 'other' }));
      expect(again).toEqual(first);
    });

    it('refuses other content for a version that is there', async () => {
      const first = await store.putManifest(await content({ 'model.onnx': 'x' }));
      const other = store.putManifest(await content({ 'model.onnx': 'y' }));
      await expect(other).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('version 1 of m'),
      });
      expect(await store.manifests()).toEqual([first]);
    });

    it('has one content when several are put at once', async () => {
      const contents = await Promise.all(['x', 'y', 'x', 'y'].map((text) => content({ 'model.onnx': text })));
      const results = await Promise.allSettled(contents.map((each) => store.putManifest(each)));
      const won = await store.manifest({ model: 'm', version: '1' });
      for (const [index, { files }] of contents.entries())
        expect(results[index]).toMatchObject(
          files[0]?.digest === won.files[0]?.digest
            ? { status: 'fulfilled', value: won }
            : { status: 'rejected', reason: { code: 'conflict' } },
        );
    });

    it('names what is missing, and is not made', async () => {
      const whole = await content({ 'model.onnx': 'x', 'data.bin': 'y' });
      await rm(blobPath(whole.files[1]!.digest));
      await expect(store.putManifest(whole)).rejects.toMatchObject({
        code: 'invalid_request',
        message: expect.stringMatching(/missing: data\.bin \(1 bytes, sha256 [0-9a-f]+\)$/),
      });
      expect(await store.manifests()).toEqual([]);
    });

    it('refuses another size than the blob has', async () => {
      const { files, ...rest } = await content({ 'model.onnx': 'x' });
      const longer = { ...rest, files: files.map((file) => ({ ...file, bytes: file.bytes + 1 })) };
      await expect(store.putManifest(longer)).rejects.toMatchObject({ code: 'invalid_request' });
    });

    it('keep their number when they are removed', async () => {
      const first = await store.putManifest(await content({ 'model.onnx': 'x' }));
      await store.removeManifest(first);
      await store.removeManifest(first);
      expect(await store.manifests()).toEqual([]);
      await expect(store.manifest(first)).rejects.toMatchObject({ code: 'version_not_found' });
      const other = await content({ 'model.onnx': 'y' });
      await expect(store.putManifest(other)).rejects.toMatchObject({ code: 'conflict' });
      expect(await store.putManifest(await content({ 'model.onnx': 'x' }))).toEqual(first);
      expect(await store.manifests()).toEqual([first]);
    });

    it('says which manifest somebody wrote to', async () => {
      const path = join(folder, 'manifests/m/1.json');
      await mkdir(join(folder, 'manifests/m'), { recursive: true });
      await writeFile(path, '{"model": "m"');
      await expect(store.manifest({ model: 'm', version: '1' })).rejects.toMatchObject({
        code: 'model_unavailable',
        message: expect.stringContaining(path),
      });
      // What it named is not known: nothing may be taken for unnamed.
      const { digest } = await put('x');
      await expect(store.collect({ graceMs: 0 })).rejects.toMatchObject({ code: 'model_unavailable' });
      expect(await store.blob(digest)).toBeDefined();
    });
  });

  describe('materialise', () => {
    const REF = { model: 'm', version: '1' };
    let into: string;
    beforeEach(() => void (into = join(root, 'models')));

    it('lays out the files without a copy, as the folder of models wants them', async () => {
      const { files } = await store.putManifest(await content({ 'model.onnx': 'graph', 'data/w.bin': 'weights' }));
      const path = await store.materialise(REF, into);
      expect(path).toBe(join(into, 'm/1'));
      expect(await readFile(join(path, 'data/w.bin'), 'utf8')).toBe('weights');
      const { ino } = await stat(join(path, 'model.onnx'));
      expect(ino).toBe((await stat(blobPath(files[1]!.digest))).ino);
      expect(await new FolderModelStore(into).list()).toMatchObject([{ ref: REF, path: join(path, 'model.onnx') }]);
    });

    it('leaves a folder alone that has the version', async () => {
      await store.putManifest(await content({ 'model.onnx': 'x' }));
      const { ino } = await stat(await store.materialise(REF, into));
      const paths = await Promise.all([1, 2, 3].map(() => store.materialise(REF, into)));
      expect((await stat(paths[0]!)).ino).toBe(ino);
      expect(await readdir(join(into, 'm'))).toEqual(['1']);
    });

    it('by several at once makes one folder', async () => {
      await store.putManifest(await content({ 'model.onnx': 'x', 'a/b': 'y' }));
      await Promise.all(Array.from({ length: 8 }, () => store.materialise(REF, into)));
      expect(await readdir(join(into, 'm'))).toEqual(['1']);
      expect((await filesIn(join(into, 'm/1'))).toSorted()).toEqual(['.manifest.json', 'b', 'model.onnx']);
    });

    it('replaces what is not the version', async () => {
      await store.putManifest(await content({ 'model.onnx': 'x' }));
      await mkdir(join(into, 'm/1'), { recursive: true });
      await writeFile(join(into, 'm/1/model.onnx'), 'y');
      await store.materialise(REF, into);
      expect(await readFile(join(into, 'm/1/model.onnx'), 'utf8')).toBe('x');
      expect(await readdir(join(into, 'm'))).toEqual(['1']);
    });

    it('leaves nothing when a blob is missing', async () => {
      const { files } = await store.putManifest(await content({ 'model.onnx': 'x', 'w.bin': 'y' }));
      await rm(blobPath(files[1]!.digest));
      await expect(store.materialise(REF, into)).rejects.toMatchObject({
        code: 'model_unavailable',
        message: expect.stringContaining('w.bin of m 1 is missing'),
      });
      expect(await readdir(join(into, 'm'))).toEqual([]);
    });

    it('writes through no link', async () => {
      await store.putManifest(await content({ 'model.onnx': 'x' }));
      await mkdir(join(root, 'elsewhere'));
      await mkdir(into);
      await symlink(join(root, 'elsewhere'), join(into, 'm'));
      await expect(store.materialise(REF, into)).rejects.toThrow('is a link: remove it');
      expect(await readdir(join(root, 'elsewhere'))).toEqual([]);
    });

    // A link to a file of another file system cannot be made.
    it.skipIf(process.platform !== 'linux')('copies to another file system', async () => {
      const far = await mkdtemp('/dev/shm/sluice-content-');
      try {
        await store.putManifest(await content({ 'model.onnx': 'x' }));
        const path = join(await store.materialise(REF, far), 'model.onnx');
        expect(await readFile(path, 'utf8')).toBe('x');
        await expect(link(path, join(root, 'link'))).rejects.toMatchObject({ code: 'EXDEV' });
      } finally {
        await rm(far, { recursive: true });
      }
    });
  });

  describe('collect', () => {
    it('removes what no version names, and nothing else', async () => {
      const kept = await store.putManifest(await content({ 'model.onnx': 'kept' }));
      const gone = await store.putManifest(await content({ 'model.onnx': 'kept', 'w.bin': 'gone' }, { version: '2' }));
      const { digest } = await put('never named');
      await store.removeManifest(gone);
      const removed = [digest, sha256(Buffer.from('gone'))].toSorted();
      expect(await store.collect({ graceMs: 0 })).toEqual({ blobs: removed, leftovers: 0 });
      expect(await filesIn(join(folder, 'blobs'))).toEqual([kept.files[0]!.digest]);
      expect(await store.collect({ graceMs: 0 })).toEqual({ blobs: [], leftovers: 0 });
    });

    it('waits for the manifest of what was just put', async () => {
      const { digest } = await put('young');
      await age(blobPath(digest), 50_000);
      expect((await store.collect({ graceMs: 60_000 })).blobs).toEqual([]);
      expect((await store.collect({ graceMs: 40_000 })).blobs).toEqual([digest]);
    });

    it('removes what was interrupted, once it is old', async () => {
      await put('x');
      const leftovers = ['1.upload', '2.manifest', '3.damaged'].map((name) => join(folder, 'temporary', name));
      for (const path of leftovers) await writeFile(path, 'half');
      await age(leftovers[0]!, 50_000);
      await age(leftovers[1]!, 50_000);
      expect((await store.collect({ graceMs: 40_000 })).leftovers).toBe(2);
      expect(await filesIn(join(folder, 'temporary'))).toEqual(['3.damaged']);
    });

    it('finishes what a killed one has begun: what is named comes back', async () => {
      const { files } = await store.putManifest(await content({ 'model.onnx': 'named' }));
      const unnamed = await put('unnamed');
      for (const { digest } of [files[0]!, unnamed])
        await link(blobPath(digest), join(folder, 'temporary', `${digest}_1.aside`));
      await rm(blobPath(files[0]!.digest));
      await rm(blobPath(unnamed.digest));
      expect((await store.collect({ graceMs: 60_000 })).blobs).toEqual([unnamed.digest]);
      expect(await store.verify(files[0]!.digest)).toBe('sound');
    });

    it('beside uploads never takes a blob that a version names', async () => {
      const other = new FolderContentStore(folder);
      const refusals: unknown[] = [];
      for (let version = 1; version <= 30; version++) {
        const upload = async () => ({ path: 'model.onnx', ...(await put(`content ${version % 3}`)) });
        const next = {
          model: 'm',
          version: String(version),
          files: [await upload()],
          config: {},
          origin: '',
          createdAt: 0,
        };
        // Old enough to go; what is being written is not.
        await age(blobPath(next.files[0]!.digest), 50_000);
        const [putting] = await Promise.allSettled([
          store.putManifest(next),
          other.collect({ graceMs: 40_000 }),
          store.collect({ graceMs: 40_000 }),
        ]);
        if (putting.status === 'rejected') {
          // Whether it comes in time is a matter of the disk. Its client does as it is told.
          refusals.push(putting.reason);
          await upload();
          await store.putManifest(next);
        }
        await other.collect({ graceMs: 60_000 });
        const manifests = await store.manifests();
        expect(manifests).toHaveLength(Math.min(version, 2));
        for (const { files } of manifests)
          for (const { digest } of files) expect(await store.verify(digest)).toBe('sound');
        // One stays beside the next, whose content nobody names by then.
        await store.removeManifest({ model: 'm', version: String(version - 1) });
      }
      for (const refusal of refusals)
        expect(refusal).toMatchObject({ code: 'invalid_request', message: expect.stringContaining('upload') });
    });
  });
});
