import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { messageOf, MODEL_NAME, type ModelRef, SluiceError } from '@sluice/contracts';
import { DEFAULT_MODEL_CONFIG, type ModelConfig, parseModelConfig } from './model-config.js';
import { ModelStore, type StoredModel } from './model-store.js';
import { byVersion, MODEL_FILE, VERSION } from './repository-layout.js';

/**
 * A folder in the layout of Triton's model repository:
 *
 *     <folder>/<model>/config.json             optional
 *     <folder>/<model>/<version>/model.onnx    or model.json, when config.json says "platform": "scripted"
 *
 * Folders may be symbolic links. Hidden ones are ignored, so that an atomic swap (`.new` renamed) and Kubernetes'
 * `..data` work.
 */
export class FolderModelStore extends ModelStore {
  private readonly folder: string;

  constructor(folder: string) {
    super();
    this.folder = resolve(folder);
  }

  override async list(only?: string): Promise<StoredModel[]> {
    const models = await foldersIn(this.folder).catch((error: unknown) => {
      throw new SluiceError(
        'model_unavailable',
        `the models folder ${this.folder} cannot be read: create it, or name another (${messageOf(error)})`,
        { cause: error },
      );
    });
    const asked = models.filter((model) => only === undefined || model === only).toSorted();
    return (await Promise.all(asked.map((model) => this.versionsOf(model)))).flat();
  }

  /** They lie there. */
  override async fetch(): Promise<void> {}

  private async versionsOf(model: string): Promise<StoredModel[]> {
    const folder = join(this.folder, model);
    let refs: ModelRef[] = [{ model, version: '1' }];
    try {
      const versions = (await foldersIn(folder)).filter((name) => VERSION.test(name)).toSorted(byVersion);
      if (versions.length > 0) refs = versions.map((version) => ({ model, version }));
      if (!MODEL_NAME.test(model)) throw new Error(`${folder}: rename it, the name of a model matches ${MODEL_NAME}`);
      const config = await readConfig(join(folder, 'config.json'), model);
      const configPrint = JSON.stringify(config);
      const file = MODEL_FILE[config.platform];
      if (versions.length === 0)
        throw new Error(`${folder} has no version: put the model at ${join(folder, '1', file)}`);
      return await Promise.all(
        refs.map(async (ref) => {
          const path = join(folder, ref.version, file);
          if (!(await isFile(path))) return { ref, fault: `${path} is missing: put the model there` };
          const { print, bytes } = await factsOf(join(folder, ref.version));
          return { ref, config, path, fingerprint: `${configPrint} ${print}`, bytes };
        }),
      );
    } catch (error) {
      return refs.map((ref) => ({ ref, fault: messageOf(error) }));
    }
  }
}

/** @throws Error that names the file */
async function readConfig(path: string, model: string): Promise<ModelConfig> {
  try {
    return parseModelConfig(await readFile(path, 'utf8'), model);
  } catch (error) {
    if (isMissing(error)) return DEFAULT_MODEL_CONFIG;
    throw new Error(`${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** Names of the folders in a folder, links to folders included, hidden ones not. */
async function foldersIn(path: string): Promise<string[]> {
  const names = (await readdir(path)).filter((name) => !name.startsWith('.'));
  const isFolder = await Promise.all(names.map(async (name) => (await statOf(join(path, name)))?.isDirectory()));
  return names.filter((_, index) => isFolder[index]);
}

async function isFile(path: string): Promise<boolean> {
  return (await statOf(path))?.isFile() ?? false;
}

/**
 * Tells apart what a folder has held, weights beside the model included, without reading it: a file that was replaced
 * or written to has another inode or another time of change, which nobody can set. And how many bytes it holds.
 */
async function factsOf(folder: string): Promise<{ readonly print: string; readonly bytes: number }> {
  let bytes = 0;
  const names = (await readdir(folder)).toSorted();
  const prints = await Promise.all(
    names.map(async (name) => {
      const facts = await stat(join(folder, name), { bigint: true }).catch(() => undefined);
      bytes += Number(facts?.size ?? 0);
      return facts && `${name} ${facts.ino} ${facts.size} ${facts.ctimeNs}`;
    }),
  );
  return { print: prints.join('\n'), bytes };
}

/** Undefined for what is gone by now, or a link to nowhere. */
async function statOf(path: string) {
  return stat(path).catch(() => undefined);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
