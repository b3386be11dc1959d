import { link, open, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, MODEL_NAME, SluiceError, type ModelRef } from '@sluice/contracts';
import type { StoredVersion } from '../content-store.js';
import { compileManifest, parseManifest, type ManifestContent, type ModelManifest } from '../manifest.js';
import { byVersion, VERSION } from '../repository-layout.js';
import { NO_LINKS, type BlobFolder } from './blob-folder.js';
import { makeFolder, syncFolder } from './durable-folders.js';
import { fileFacts, hasCode, isMissing, namesIn } from './file-facts.js';
import { collectedMeanwhile, removeFile, type TemporaryFolder } from './temporary-folder.js';

/**
 * `<folder>/<model>/<version>.json`, which is created once and stays for good; `<version>.removed` beside it says that the
 * version is not there any more.
 */
export class ManifestFolder {
  constructor(
    private readonly folder: string,
    private readonly temporary: TemporaryFolder,
    private readonly blobs: BlobFolder,
  ) {}

  async put(content: ManifestContent): Promise<ModelManifest> {
    const manifest = compileManifest(content);
    const { path, handle } = await this.temporary.create('manifest');
    try {
      await handle.writeFile(JSON.stringify(manifest));
      await handle.sync();
      await handle.close();
      // From here on a collection sees what the manifest names; one that has looked before makes the blobs be missing.
      await this.requireBlobs(manifest);
      return await this.keep(path, manifest);
    } finally {
      await handle.close();
      await removeFile(path);
    }
  }

  /** Undefined when it is not there, or was removed. */
  async find(ref: ModelRef): Promise<ModelManifest | undefined> {
    if (!isRef(ref) || (await fileFacts(this.markerOf(ref)))) return undefined;
    return readManifest(this.pathOf(ref));
  }

  async list(only?: string): Promise<StoredVersion[]> {
    const models = only === undefined ? await namesIn(this.folder) : [only];
    const found = await Promise.all(
      models.toSorted().map(async (model) => {
        if (!MODEL_NAME.test(model)) return [];
        const files = await namesIn(join(this.folder, model));
        const versions = files.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length));
        const manifests = await Promise.all(
          versions
            .filter((version) => VERSION.test(version))
            .toSorted(byVersion)
            .map((version) => this.findOrFault({ model, version })),
        );
        return manifests.filter((manifest) => manifest !== undefined);
      }),
    );
    return found.flat();
  }

  /** @returns false when it was not there */
  async remove(ref: ModelRef): Promise<boolean> {
    if (!(await this.find(ref))) return false;
    await writeFile(this.markerOf(ref), '');
    await syncFolder(dirname(this.markerOf(ref)));
    return true;
  }

  /**
   * The digests that versions name, those included that are being put. What is being put is looked at first: a manifest
   * is in its place before it is gone from there.
   */
  async namedBlobs(): Promise<ReadonlySet<string>> {
    const pending = await this.temporary.list('manifest');
    const begun = await Promise.all(pending.map(({ path }) => readManifest(path).catch(() => undefined)));
    const listed = await this.list();
    const damaged = listed.find((version) => 'fault' in version);
    // Any blob may be one that it names.
    if (damaged) throw new SluiceError('model_unavailable', damaged.fault);
    const manifests = [...begun, ...listed.flatMap((version) => ('fault' in version ? [] : [version]))];
    return new Set(manifests.flatMap((manifest) => manifest?.files ?? []).map(({ digest }) => digest));
  }

  private async findOrFault(ref: ModelRef): Promise<StoredVersion | undefined> {
    return this.find(ref).catch((error: unknown) => ({ ...ref, fault: messageOf(error) }));
  }

  private async requireBlobs({ files }: ModelManifest): Promise<void> {
    const missing: string[] = [];
    for (const { path, digest, bytes } of files)
      if (!(await this.blobs.touch({ digest, bytes }))) missing.push(`${path} (${bytes} bytes, sha256 ${digest})`);
    if (missing.length > 0)
      throw new SluiceError('invalid_request', `upload the files first, these are missing: ${missing.join(', ')}`);
  }

  private async keep(path: string, manifest: ModelManifest): Promise<ModelManifest> {
    const target = this.pathOf(manifest);
    await makeFolder(dirname(target));
    try {
      // Unlike a rename it replaces nothing.
      await link(path, target);
    } catch (error) {
      if (isMissing(error)) throw collectedMeanwhile(error);
      if (!hasCode(error, 'EEXIST')) throw error;
    }
    const kept = await readManifest(target);
    if (kept?.digest !== manifest.digest)
      throw new SluiceError(
        'conflict',
        `version ${manifest.version} of ${manifest.model} has other content: push this as another version`,
      );
    await removeFile(this.markerOf(manifest));
    await syncFolder(dirname(target));
    return kept;
  }

  private pathOf({ model, version }: ModelRef): string {
    return join(this.folder, model, `${version}.json`);
  }

  private markerOf({ model, version }: ModelRef): string {
    return join(this.folder, model, `${version}.removed`);
  }
}

/** @throws SluiceError model_unavailable when it cannot be read, or was written to */
async function readManifest(path: string): Promise<ModelManifest | undefined> {
  try {
    const file = await open(path, NO_LINKS);
    try {
      return parseManifest(await file.readFile('utf8'));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new SluiceError('model_unavailable', `${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** What cannot be the name of a version is none, and never part of a path. */
function isRef({ model, version }: ModelRef): boolean {
  return MODEL_NAME.test(model) && VERSION.test(version);
}
