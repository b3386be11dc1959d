import { join, resolve } from 'node:path';
import { SluiceError, type ModelRef } from '@sluice/contracts';
import {
  ContentStore,
  type Collected,
  type ExpectedBlob,
  type OnRead,
  type StoredBlob,
  type StoredVersion,
} from '../content-store.js';
import type { ManifestContent, ModelManifest } from '../manifest.js';
import { BlobFolder } from './blob-folder.js';
import { collect } from './collect.js';
import { ManifestFolder } from './manifest-folder.js';
import { materialise } from './materialise.js';
import { TemporaryFolder } from './temporary-folder.js';

/**
 * A folder, which several machines may have in common:
 *
 *     <folder>/blobs/sha256/<first two digits>/<digest>
 *     <folder>/manifests/<model>/<version>.json
 *     <folder>/temporary/                                  what is not whole yet, or about to go
 *
 * Everything is written in `temporary`, synchronised with the disk and then moved, so that what has a name is whole. The
 * file system must know hard links: a manifest is put by one, because a link replaces nothing.
 */
export class FolderContentStore extends ContentStore {
  private readonly temporary: TemporaryFolder;
  private readonly blobs: BlobFolder;
  private readonly manifestFolder: ManifestFolder;

  constructor(folder: string) {
    super();
    const root = resolve(folder);
    this.temporary = new TemporaryFolder(join(root, 'temporary'));
    this.blobs = new BlobFolder(join(root, 'blobs', 'sha256'), this.temporary);
    this.manifestFolder = new ManifestFolder(join(root, 'manifests'), this.temporary, this.blobs);
  }

  override putBlob(content: AsyncIterable<Uint8Array>, expected: ExpectedBlob): Promise<StoredBlob> {
    return this.blobs.put(content, expected);
  }

  override async blob(digest: string): Promise<StoredBlob | undefined> {
    return this.blobs.find(digest);
  }

  override async verify(digest: string, onRead?: OnRead): Promise<'sound' | 'damaged' | 'missing'> {
    return this.blobs.verify(digest, onRead);
  }

  override async read(digest: string): Promise<Uint8Array> {
    return this.blobs.read(digest);
  }

  override async putManifest(content: ManifestContent): Promise<ModelManifest> {
    return this.manifestFolder.put(content);
  }

  override async manifest(ref: ModelRef): Promise<ModelManifest> {
    const manifest = await this.manifestFolder.find(ref);
    if (manifest) return manifest;
    throw new SluiceError(
      'version_not_found',
      `the model store has no version ${ref.version} of ${ref.model}: push it`,
    );
  }

  override versions(model?: string): Promise<StoredVersion[]> {
    return this.manifestFolder.list(model);
  }

  override async removeManifest(ref: ModelRef): Promise<void> {
    await this.manifestFolder.remove(ref);
  }

  override async materialise(ref: ModelRef, into: string): Promise<string> {
    return materialise(await this.manifest(ref), into, this.blobs);
  }

  override collect({ graceMs, keep }: Parameters<ContentStore['collect']>[0]): Promise<Collected> {
    const folders = { blobs: this.blobs, manifests: this.manifestFolder, temporary: this.temporary };
    return collect(folders, Date.now() - graceMs, keep);
  }
}
