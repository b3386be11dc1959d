import { readdirSync, readFileSync } from 'node:fs';

/** What the kernel tells in files. What is not there, or may not be read, is undefined or empty: that is normal. */
export interface SystemFiles {
  /** Without the line's end. */
  text(path: string): string | undefined;
  /** What is in a folder. */
  names(folder: string): readonly string[];
}

export const systemFiles: SystemFiles = {
  text(path) {
    try {
      return readFileSync(path, 'utf8').trim();
    } catch {
      return undefined;
    }
  },

  names(folder) {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  },
};
