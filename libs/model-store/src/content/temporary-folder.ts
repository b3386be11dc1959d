import { randomUUID } from 'node:crypto';
import { open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '@sluice/contracts';
import { makeFolder } from './durable-folders.js';
import { fileFacts, isMissing, namesIn } from './file-facts.js';

/** What may not be written to by anybody, its owner included. */
const READ_ONLY = 0o444;

/** `aside`: a blob that may have to go, or to come back. */
type Kind = 'upload' | 'manifest' | 'damaged' | 'aside';

/**
 * Where files lie until they are whole, or until they go: in the store's own file system, so that a rename moves them.
 * Names are unique, and end in what the file is.
 */
export class TemporaryFolder {
  constructor(private readonly path: string) {}

  /** Opens a new file for writing. It is read-only for everybody else from the beginning. */
  async create(kind: Kind): Promise<{ readonly path: string; readonly handle: FileHandle }> {
    await makeFolder(this.path);
    const path = this.newPath(kind);
    return { path, handle: await open(path, 'wx', READ_ONLY) };
  }

  /** Moves a file here; nothing happens when it is gone already. `name` comes back from `list`. */
  async take(path: string, kind: Kind, name?: string): Promise<void> {
    await makeFolder(this.path);
    await rename(path, this.newPath(kind, name)).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
  }

  /** The files of a kind, with what they were named when they were taken; '' when they were not. */
  async list(kind: Kind): Promise<{ readonly path: string; readonly name: string }[]> {
    const names = await namesIn(this.path);
    return names
      .filter((name) => name.endsWith(`.${kind}`))
      .map((name) => ({
        path: join(this.path, name),
        name: name.includes('_') ? name.slice(0, name.indexOf('_')) : '',
      }));
  }

  /** Removes what was interrupted, or damaged. @returns how many files */
  async removeOlderThan(changedAt: number): Promise<number> {
    let removed = 0;
    for (const kind of ['upload', 'manifest', 'damaged'] as const)
      for (const { path } of await this.list(kind)) {
        const facts = await fileFacts(path);
        if (facts && facts.changedAt <= changedAt && (await removeFile(path))) removed++;
      }
    return removed;
  }

  private newPath(kind: Kind, name?: string): string {
    const unique = `${randomUUID()}.${kind}`;
    return join(this.path, name === undefined ? unique : `${name}_${unique}`);
  }
}

/** A file was collected while it was written: nothing had come for longer than the time of grace. */
export function collectedMeanwhile(cause: unknown): SluiceError {
  const message = 'the model store has given it up, nothing had come for too long: send it again';
  return new SluiceError('request_timeout', message, { cause });
}

/** @returns false when it was gone already */
export async function removeFile(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
