import { randomUUID } from 'node:crypto';
import { lstat, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { SluiceError } from '@sluice/contracts';
import { parseManifest, type ModelManifest } from '../manifest.js';
import { NO_LINKS, type BlobFolder } from './blob-folder.js';
import { explainFullDisk } from './disk-full.js';
import { fileFacts, hasCode } from './file-facts.js';

/** Which content a folder has: hidden, as no file of a version is. */
const MANIFEST_FILE = '.manifest.json';

/**
 * Builds the folder of a version beside its place and moves it there, so that it appears whole.
 * @returns its absolute path
 */
export async function materialise(manifest: ModelManifest, into: string, blobs: BlobFolder): Promise<string> {
  const ofModel = join(resolve(into), manifest.model);
  const folder = join(ofModel, manifest.version);
  await mkdir(ofModel, { recursive: true });
  if (!(await lstat(ofModel)).isDirectory())
    throw new SluiceError('model_unavailable', `${ofModel} is a link: remove it, models are not written through links`);
  if (await holds(folder, manifest)) return folder;
  const building = join(ofModel, `.${randomUUID()}`);
  try {
    await mkdir(building);
    for (const file of manifest.files) {
      const target = join(building, file.path);
      await mkdir(dirname(target), { recursive: true });
      if (!(await blobs.place(file, target)))
        throw new SluiceError(
          'model_unavailable',
          `${file.path} of ${manifest.model} ${manifest.version} is missing in the model store, or damaged: ` +
            'push the version again',
        );
    }
    await writeFile(join(building, MANIFEST_FILE), JSON.stringify(manifest));
    await moveTo(folder, building, manifest);
  } catch (error) {
    throw explainFullDisk(error, into);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return folder;
}

async function moveTo(folder: string, building: string, manifest: ModelManifest): Promise<void> {
  const move = () =>
    rename(building, folder).then(
      () => true,
      (error: unknown) => {
        if (hasCode(error, 'ENOTEMPTY', 'EEXIST', 'EPERM', 'ENOTDIR')) return false;
        throw error;
      },
    );
  if (await move()) return;
  // Another process was quicker.
  if (await holds(folder, manifest)) return;
  const old = `${building}-old`;
  await rename(folder, old);
  try {
    if (!(await move()) && !(await holds(folder, manifest)))
      throw new SluiceError('model_unavailable', `${folder} cannot be replaced: remove it`);
  } finally {
    await rm(old, { recursive: true, force: true });
  }
}

/** Whether a folder has all files of the version. Their bytes are `verify`'s affair. */
async function holds(folder: string, manifest: ModelManifest): Promise<boolean> {
  if ((await readDigest(join(folder, MANIFEST_FILE))) !== manifest.digest) return false;
  const facts = await Promise.all(manifest.files.map(({ path }) => fileFacts(join(folder, path))));
  return manifest.files.every(({ bytes }, index) => facts[index]?.bytes === bytes);
}

async function readDigest(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, NO_LINKS);
    try {
      return parseManifest(await file.readFile('utf8')).digest;
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
