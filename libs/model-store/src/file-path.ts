const MAX_PATH_BYTES = 512;
/** What every file system takes as one name. */
const MAX_NAME_BYTES = 255;

/**
 * What is wrong with the path of a file within a version, e.g. `weights/part-1.bin`; undefined: nothing.
 *
 * A path comes from a client and becomes one of a worker's file system. What could leave the version's folder, hide in
 * it, or mean different files on different systems is refused; nothing is rewritten, because two spellings would then be
 * one file.
 */
export function faultOfFilePath(path: string): string | undefined {
  if (path === '') return 'is empty';
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `is longer than ${MAX_PATH_BYTES} bytes`;
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u001F\u007F]/.test(path)) return 'has a control character';
  if (/\p{Surrogate}/u.test(path) || path !== path.normalize('NFC')) return 'is not Unicode in its composed form (NFC)';
  if (path.includes('\\')) return 'has a backslash: folders are separated by /';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'is absolute: it starts in the folder of the version';
  for (const name of path.split('/')) {
    if (name === '') return 'has an empty name between two slashes or at its end';
    if (name === '.' || name === '..') return `has "${name}": it stays in the folder of the version`;
    if (name.startsWith('.')) return `has a hidden name, "${name}"`;
    if (Buffer.byteLength(name) > MAX_NAME_BYTES) return `has a name longer than ${MAX_NAME_BYTES} bytes`;
  }
  return undefined;
}

/**
 * What is wrong with paths beside each other: two that are one file where case does not count, or a file where another
 * path has a folder. Undefined: nothing.
 */
export function faultBetweenFilePaths(paths: readonly string[]): string | undefined {
  const files = new Map<string, string>();
  for (const path of paths) {
    const other = files.get(path.toLowerCase());
    if (other !== undefined) return `"${other}" and "${path}" are the same file where case does not count`;
    files.set(path.toLowerCase(), path);
  }
  for (const [key, path] of files)
    for (let at = key.lastIndexOf('/'); at > 0; at = key.lastIndexOf('/', at - 1)) {
      const other = files.get(key.slice(0, at));
      if (other !== undefined) return `"${other}" is a file, and a folder in "${path}"`;
    }
  return undefined;
}
