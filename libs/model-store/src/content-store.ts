import type { ModelRef } from '@sluice/contracts';
import type { ManifestContent, ModelManifest } from './manifest.js';

/**
 * Model versions as content: files are **blobs**, known by the sha256 of their bytes, and a version is a **manifest** that
 * names its blobs. Both are written once and never change, so that whoever read them need not look again, and a version
 * means the same on every worker.
 *
 * - What was put outlives the process and a crash of its machine. Whatever is interrupted leaves nothing that can be
 *   read; what it has left is removed by `collect`.
 * - Several processes may put, read and collect at the same time.
 * - A version's number means one content for good, also after it was removed.
 */
export abstract class ContentStore {
  /**
   * Stores a file, which is checked while it arrives. One that is there already is kept, and counts as put now.
   * @throws SluiceError invalid_request when the digest or the size is not the expected one; payload_too_large past
   * `maxBytes`; request_timeout when a collection was quicker; model_unavailable when the disk is full; nothing is stored
   * then
   */
  abstract putBlob(content: AsyncIterable<Uint8Array>, expected: ExpectedBlob): Promise<StoredBlob>;

  /** Undefined when it is not there. Does not read it. */
  abstract blob(digest: string): Promise<StoredBlob | undefined>;

  /**
   * Reads all of a blob and compares it with its name. One that is damaged is set aside, so that it is `missing` from now
   * on and can be put again.
   * @param onRead called with the bytes of each part that was read, and waited for: it sets the pace, and what it throws
   * ends the reading
   */
  abstract verify(digest: string, onRead?: OnRead): Promise<'sound' | 'damaged' | 'missing'>;

  /**
   * The bytes of a small blob, as they were put.
   * @throws SluiceError model_unavailable when it is missing or damaged: it has to be put again
   */
  abstract read(digest: string): Promise<Uint8Array>;

  /**
   * Makes a version of blobs that are there. The same content again is answered with the first manifest.
   * @throws SluiceError conflict when the version has other content; invalid_request when something in it is wrong, or a
   * blob is missing or has another size
   */
  abstract putManifest(content: ManifestContent): Promise<ModelManifest>;

  /** @throws SluiceError version_not_found */
  abstract manifest(ref: ModelRef): Promise<ModelManifest>;

  /**
   * Every version of every model, or of one model, ordered by name and version number. One whose manifest cannot be read
   * is listed with its fault, and takes nothing away from the others.
   */
  abstract versions(model?: string): Promise<StoredVersion[]>;

  /** Those of them whose manifests can be read. */
  async manifests(model?: string): Promise<ModelManifest[]> {
    return (await this.versions(model)).flatMap((version) => ('fault' in version ? [] : [version]));
  }

  /**
   * Takes a version out of the store. Its blobs go with the next `collect`, unless another version names them; its number
   * stays taken. Nothing happens when it is not there.
   */
  abstract removeManifest(ref: ModelRef): Promise<void>;

  /**
   * Lays out the files of a version as the runtime opens them: `<into>/<model>/<version>/…`, the files with weights beside
   * the model. Without a copy where `into` is in the store's file system. The folder appears whole, or not at all, and is
   * not to be written to: its bytes may be those of the store.
   * @returns the absolute path of the version's folder
   * @throws SluiceError version_not_found; model_unavailable when a blob is missing or the disk is full
   */
  abstract materialise(ref: ModelRef, into: string): Promise<string>;

  /**
   * Removes the blobs that no version names, and what was interrupted, once they are older than `graceMs`: an upload puts
   * its blobs before its manifest.
   * @param options.keep digests that are in use without a version, and stay
   */
  abstract collect(options: {
    readonly graceMs: number;
    readonly keep?: ReadonlySet<string> | undefined;
  }): Promise<Collected>;
}

export type StoredVersion = ModelManifest | DamagedVersion;

export interface DamagedVersion extends ModelRef {
  /** What is wrong, in which file, and what to do. */
  readonly fault: string;
}

export type OnRead = (bytes: number) => void | Promise<void>;

export interface ExpectedBlob {
  readonly maxBytes: number;
  readonly bytes?: number | undefined;
  /** sha256, 64 hexadecimal digits. */
  readonly digest?: string | undefined;
}

export interface StoredBlob {
  /** sha256, 64 hexadecimal digits in lower case. */
  readonly digest: string;
  readonly bytes: number;
}

export interface Collected {
  /** Digests. */
  readonly blobs: readonly string[];
  /** Uploads and manifests that were never finished. */
  readonly leftovers: number;
}
