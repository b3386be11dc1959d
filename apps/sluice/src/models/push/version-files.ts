import { readdirSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { messageOf } from '@sluice/contracts';
import { UsageError } from '../../usage-error.js';

/** A file of a version that is to be pushed. */
export interface VersionFile {
  /** Within the version, with slashes. */
  readonly path: string;
  /** On this machine. */
  readonly file: string;
  readonly bytes: number;
}

export interface FoundVersion {
  readonly files: readonly VersionFile[];
  /** The `config.json` that lies beside them. */
  readonly config?: string | undefined;
}

/**
 * @param source a file, which is the model, or a folder with a model and its data files
 * @throws UsageError when there is no model
 */
export function findVersion(source: string): FoundVersion {
  if (!isFolder(source)) return { files: [{ path: 'model.onnx', file: source, bytes: statSync(source).size }] };
  const found = readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: relative(source, file).split(sep).join('/'), file, bytes: statSync(file).size }))
    .filter(({ path }) => !path.split('/').some((name) => name.startsWith('.')))
    .toSorted((one, other) => (one.path < other.path ? -1 : 1));
  const files = found.filter(({ path }) => path !== 'config.json');
  if (!files.some(({ path }) => path === 'model.onnx' || path === 'model.json'))
    throw new UsageError(`there is no model.onnx in ${source}`);
  return { files, config: found.find(({ path }) => path === 'config.json')?.file };
}

function isFolder(source: string): boolean {
  try {
    return statSync(source).isDirectory();
  } catch (error) {
    throw new UsageError(`cannot push ${source}: ${messageOf(error)}`, { cause: error });
  }
}
