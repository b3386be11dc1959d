import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, open, rename, utimes, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SluiceError } from '@sluice/contracts';
import type { ExpectedBlob, OnRead, StoredBlob } from '../content-store.js';
import { DIGEST } from '../manifest.js';
import { explainFullDisk } from './disk-full.js';
import { makeFolder, syncFolder } from './durable-folders.js';
import { fileFacts, hasCode, isMissing, namesIn } from './file-facts.js';
import { collectedMeanwhile, removeFile, type TemporaryFolder } from './temporary-folder.js';

/** Undefined on Windows, where links are not made by accident. */
export const NO_LINKS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);

/** `<folder>/<first two digits>/<digest>`: so that no folder holds more than a few hundred files. */
export class BlobFolder {
  constructor(
    private readonly folder: string,
    private readonly temporary: TemporaryFolder,
  ) {}

  async put(content: AsyncIterable<Uint8Array>, expected: ExpectedBlob): Promise<StoredBlob> {
    const { path, handle } = await this.temporary.create('upload');
    try {
      const written = await writeChecked(handle, content, expected);
      await handle.sync();
      await handle.close();
      await this.keep(path, written);
      return written;
    } catch (error) {
      throw explainFullDisk(error, this.folder);
    } finally {
      await handle.close();
      await removeFile(path);
    }
  }

  async find(digest: string): Promise<StoredBlob | undefined> {
    const facts = await fileFacts(this.pathOf(digest));
    return facts && { digest, bytes: facts.bytes };
  }

  /** Makes a blob as young as one that was just put. @returns false when there is none of that size */
  async touch({ digest, bytes }: StoredBlob): Promise<boolean> {
    const path = this.pathOf(digest);
    if ((await fileFacts(path))?.bytes !== bytes) return false;
    const now = new Date();
    return utimes(path, now, now).then(
      () => true,
      (error: unknown) => {
        if (isMissing(error)) return false;
        // Another user's file may be read but not touched; that user's own uploads keep it young.
        if (hasCode(error, 'EPERM', 'EACCES')) return true;
        throw error;
      },
    );
  }

  async verify(digest: string, onRead?: OnRead): Promise<'sound' | 'damaged' | 'missing'> {
    const path = this.pathOf(digest);
    const handle = await this.openBlob(digest);
    if (!handle) return 'missing';
    const hash = createHash('sha256');
    for await (const chunk of handle.createReadStream()) {
      const part: Buffer = chunk;
      hash.update(part);
      await onRead?.(part.byteLength);
    }
    if (hash.digest('hex') === digest) return 'sound';
    await this.temporary.take(path, 'damaged');
    return 'damaged';
  }

  async read(digest: string): Promise<Uint8Array> {
    const handle = await this.openBlob(digest);
    const [parts, hash] = [new Array<Buffer>(), createHash('sha256')];
    for await (const chunk of handle?.createReadStream() ?? []) {
      const part: Buffer = chunk;
      hash.update(part);
      parts.push(part);
    }
    if (handle && hash.digest('hex') === digest) return Buffer.concat(parts);
    const what = handle ? 'damaged' : 'missing';
    throw new SluiceError('model_unavailable', `the file with sha256 ${digest} is ${what} in the model store: push it`);
  }

  /** Puts a blob's bytes at another path: as a link where that can be, else as a copy. @returns false when it is missing */
  async place({ digest, bytes }: StoredBlob, target: string): Promise<boolean> {
    const path = this.pathOf(digest);
    if ((await fileFacts(path))?.bytes !== bytes) return false;
    try {
      await link(path, target).catch(async (error: unknown) => {
        // Another file system, one without links, too many of them, or a file of another user's.
        if (!hasCode(error, 'EXDEV', 'EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK')) throw error;
        await copyFile(path, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      });
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  /** Digests of the blobs that were put before a moment, each as of when it is asked for. */
  async *olderThan(changedAt: number): AsyncGenerator<string> {
    for (const prefix of await namesIn(this.folder))
      for (const digest of (await namesIn(join(this.folder, prefix))).filter((name) => DIGEST.test(name))) {
        const facts = await fileFacts(this.pathOf(digest));
        if (facts && facts.changedAt <= changedAt) yield digest;
      }
  }

  async setAside(digest: string): Promise<void> {
    await this.temporary.take(this.pathOf(digest), 'aside', digest);
  }

  /** The opposite of `setAside`; nothing happens when somebody else has done it. */
  async bringBack(path: string, digest: string): Promise<void> {
    await rename(path, this.pathOf(digest)).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
  }

  private async keep(path: string, written: StoredBlob): Promise<void> {
    if (await this.touch(written)) return;
    const target = this.pathOf(written.digest);
    await makeFolder(dirname(target));
    // Whoever else has just done so has put the same bytes there.
    await rename(path, target).catch((error: unknown) => {
      throw isMissing(error) ? collectedMeanwhile(error) : error;
    });
    await syncFolder(dirname(target));
  }

  /** Undefined when it is missing. */
  private async openBlob(digest: string): Promise<FileHandle | undefined> {
    const path = this.pathOf(digest);
    if (!(await fileFacts(path))) return undefined;
    return open(path, NO_LINKS).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
  }

  /** @throws SluiceError invalid_request for what is no digest, before it becomes part of a path */
  private pathOf(digest: string): string {
    if (!DIGEST.test(digest))
      throw new SluiceError('invalid_request', 'a digest is sha256 as 64 hexadecimal digits in lower case');
    return join(this.folder, digest.slice(0, 2), digest);
  }
}

async function writeChecked(
  handle: FileHandle,
  content: AsyncIterable<Uint8Array>,
  { maxBytes, bytes: expectedBytes, digest: expectedDigest }: ExpectedBlob,
): Promise<StoredBlob> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new SluiceError('payload_too_large', `the file is larger than ${maxBytes} bytes`);
    if (bytes > (expectedBytes ?? bytes)) break;
    hash.update(chunk);
    await handle.appendFile(chunk);
  }
  if (expectedBytes !== undefined && bytes !== expectedBytes) {
    const came = bytes > expectedBytes ? 'more came' : `${bytes} came`;
    throw new SluiceError('invalid_request', `expected a file of ${expectedBytes} bytes, ${came}: upload it again`);
  }
  const digest = hash.digest('hex');
  if (expectedDigest !== undefined && digest !== expectedDigest)
    throw new SluiceError(
      'invalid_request',
      `expected a file with sha256 ${expectedDigest}, got ${digest}: it was damaged on its way, upload it again`,
    );
  return { digest, bytes };
}
