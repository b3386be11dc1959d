import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderContentStore } from './folder-content-store.js';

const LIMIT = { maxBytes: 1_000_000 };
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function* chunks(bytes: Uint8Array, size = 1_000) {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

async function* cutOff() {
  yield Buffer.from('begin');
  throw new Error('aborted');
}

describe('the blobs of a FolderContentStore', () => {
  let root: string;
  let folder: string;
  let store: FolderContentStore;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'sluice-blobs-'));
    folder = join(root, 'store');
    store = new FolderContentStore(folder);
  });
  afterEach(() => rm(root, { recursive: true }));

  const blobPath = (digest: string) => join(folder, 'blobs/sha256', digest.slice(0, 2), digest);
  const put = (text: string) => store.putBlob(chunks(Buffer.from(text)), LIMIT);
  const filesIn = async (path: string) => {
    const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  };
  const age = (path: string, ms: number) => {
    const then = new Date(Date.now() - ms);
    return utimes(path, then, then);
  };

  it('keeps what arrived under the digest of its bytes, read-only', async () => {
    const bytes = randomBytes(123_457);
    const digest = sha256(bytes);
    expect(await store.putBlob(chunks(bytes), { ...LIMIT, digest, bytes: bytes.length })).toEqual({
      digest,
      bytes: bytes.length,
    });
    expect(await readFile(blobPath(digest))).toEqual(bytes);
    expect((await stat(blobPath(digest))).mode & 0o222).toBe(0);
    expect(await store.blob(digest)).toEqual({ digest, bytes: bytes.length });
    expect(await store.verify(digest)).toBe('sound');
    expect(await filesIn(join(folder, 'temporary'))).toEqual([]);
  });

  it('keeps an empty file', async () => {
    const { digest } = await put('');
    expect(await store.blob(digest)).toEqual({ digest: sha256(Buffer.of()), bytes: 0 });
  });

  it('stores the same bytes once, and takes them for young again', async () => {
    const { digest } = await put('same');
    const { ino } = await stat(blobPath(digest));
    await age(blobPath(digest), 60_000);
    await Promise.all([put('same'), put('same'), put('same')]);
    expect(await filesIn(folder)).toEqual([digest]);
    const after = await stat(blobPath(digest));
    expect(after.ino).toBe(ino);
    expect(Date.now() - after.mtimeMs).toBeLessThan(30_000);
  });

  it.each([
    ['another digest', { digest: 'a'.repeat(64) }, 'invalid_request', 'damaged on its way'],
    ['fewer bytes', { bytes: 11 }, 'invalid_request', 'expected a file of 11 bytes, 10 came'],
    ['more bytes', { bytes: 9 }, 'invalid_request', 'expected a file of 9 bytes, more came'],
    ['too many bytes', { maxBytes: 9 }, 'payload_too_large', 'larger than 9 bytes'],
  ])('leaves nothing of %s', async (_, expected, code, message) => {
    const putting = store.putBlob(chunks(Buffer.from('0123456789'), 3), { ...LIMIT, ...expected });
    await expect(putting).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    expect(await filesIn(folder)).toEqual([]);
  });

  it('leaves nothing when the sender goes away', async () => {
    const putting = store.putBlob(cutOff(), LIMIT);
    await expect(putting).rejects.toThrow('aborted');
    expect(await filesIn(folder)).toEqual([]);
  });

  it('says that a collection was quicker', async () => {
    const beside = async function* () {
      yield Buffer.from('slow');
      expect(await store.collect({ graceMs: 0 })).toEqual({ blobs: [], leftovers: 1 });
    };
    await expect(store.putBlob(beside(), LIMIT)).rejects.toMatchObject({ code: 'request_timeout' });
    expect(await filesIn(folder)).toEqual([]);
  });

  it('reads no more than it may', async () => {
    let sent = 0;
    async function* endless() {
      for (;;) yield Buffer.alloc((sent += 1_000) && 1_000);
    }
    await expect(store.putBlob(endless(), { maxBytes: 10_000 })).rejects.toMatchObject({ code: 'payload_too_large' });
    expect(sent).toBe(11_000);
  });

  it('sets aside what was damaged, so that it can be put again', async () => {
    const { digest } = await put('sound');
    await rm(blobPath(digest));
    await writeFile(blobPath(digest), 'SOUND');
    expect(await store.verify(digest)).toBe('damaged');
    expect(await store.verify(digest)).toBe('missing');
    await put('sound');
    expect(await store.verify(digest)).toBe('sound');
  });

  it('tells what it has read, and reads on when it may', async () => {
    const text = 'x'.repeat(200_000);
    const { digest } = await put(text);
    let read = 0;
    expect(await store.verify(digest, (bytes) => void (read += bytes))).toBe('sound');
    expect(read).toBe(text.length);
    const parts: number[] = [];
    const stopped = store.verify(digest, async (bytes) => {
      parts.push(bytes);
      throw new Error('enough');
    });
    await expect(stopped).rejects.toThrow('enough');
    expect(parts).toHaveLength(1);
    expect(await store.verify(digest)).toBe('sound');
  });

  it('reads what was put, and nothing else', async () => {
    const { digest } = await put('sound');
    expect(Buffer.from(await store.read(digest)).toString()).toBe('sound');
    await rm(blobPath(digest));
    await expect(store.read(digest)).rejects.toMatchObject({
      code: 'model_unavailable',
      message: expect.stringContaining('is missing'),
    });
    await writeFile(blobPath(digest), 'SOUND');
    await expect(store.read(digest)).rejects.toMatchObject({
      code: 'model_unavailable',
      message: expect.stringContaining('is damaged'),
    });
    await expect(store.read('../x')).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('replaces what was cut off', async () => {
    const { digest } = await put('whole');
    await rm(blobPath(digest));
    await writeFile(blobPath(digest), 'wh');
    await put('whole');
    expect(await store.verify(digest)).toBe('sound');
  });

  it('does not follow a link', async () => {
    const { digest } = await put('secret');
    await writeFile(join(root, 'secret'), 'secret');
    await rm(blobPath(digest));
    await symlink(join(root, 'secret'), blobPath(digest));
    expect(await store.blob(digest)).toBeUndefined();
    expect(await store.verify(digest)).toBe('missing');
  });

  it.each(['', '../../etc/passwd', 'A'.repeat(64), 'a'.repeat(63)])('takes %j for no digest', async (digest) => {
    await expect(store.blob(digest)).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(store.verify(digest)).rejects.toMatchObject({ code: 'invalid_request' });
  });
});
