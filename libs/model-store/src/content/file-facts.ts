import { lstat, readdir } from 'node:fs/promises';

export interface FileFacts {
  readonly bytes: number;
  /** Whole milliseconds since 1970, by the file system's clock. */
  readonly changedAt: number;
}

/** Undefined for what is not there, and for what is no file of its own: a link is not followed. */
export async function fileFacts(path: string): Promise<FileFacts | undefined> {
  try {
    const facts = await lstat(path);
    return facts.isFile() ? { bytes: facts.size, changedAt: Math.floor(facts.mtimeMs) } : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Names in a folder; none when there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
}

export function isMissing(error: unknown): boolean {
  return hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR');
}

/** Whether the system refused with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.some((code) => code === error.code);
}
