import type { Collected } from '../content-store.js';
import type { BlobFolder } from './blob-folder.js';
import type { ManifestFolder } from './manifest-folder.js';
import { removeFile, type TemporaryFolder } from './temporary-folder.js';

export interface CollectedFolders {
  readonly blobs: BlobFolder;
  readonly manifests: Pick<ManifestFolder, 'namedBlobs'>;
  readonly temporary: TemporaryFolder;
}

/**
 * Removes blobs that nobody names, beside processes that put versions, without a lock between them.
 *
 * A blob that seems to be unnamed is first set aside; then the manifests are read once more, those included that are
 * being put. Whoever puts a manifest writes it down first and looks for its blobs afterwards. So either the manifest is
 * seen here, and the blob comes back, or the blob is not found there, and its client is told to upload it again. A named
 * blob is never removed, nor one of `keep`. A collection that was killed in between is finished by the next one.
 */
export async function collect(
  { blobs, manifests, temporary }: CollectedFolders,
  putBefore: number,
  keep: ReadonlySet<string> = new Set(),
): Promise<Collected> {
  const named = await manifests.namedBlobs();
  for await (const digest of blobs.olderThan(putBefore))
    if (!named.has(digest) && !keep.has(digest)) await blobs.setAside(digest);
  const aside = await temporary.list('aside');
  const stillNamed = await manifests.namedBlobs();
  const removed = new Set<string>();
  for (const { path, name: digest } of aside)
    if (stillNamed.has(digest) || keep.has(digest)) await blobs.bringBack(path, digest);
    else if (await removeFile(path)) removed.add(digest);
  return { blobs: [...removed].toSorted(), leftovers: await temporary.removeOlderThan(putBefore) };
}
