import { join, resolve } from 'node:path';
import type { ModelRef } from '@sluice/contracts';
import type { ContentStore, StoredVersion } from './content-store.js';
import { removeAbandoned } from './content/remove-abandoned.js';
import { configOf } from './manifest.js';
import { ModelStore, type ServableModel, type StoredModel } from './model-store.js';
import { byVersion, MODEL_FILE } from './repository-layout.js';

/** Nobody takes this long to lay out a version, or to push one and to remove it while somebody loads it. */
const ABANDONED_AFTER_MS = 60 * 60 * 1000;

/**
 * A folder of models and, behind it, the versions of a content store: what the folder has hides a version of the same
 * number. A version of the content store is laid out when it is fetched.
 */
export class LayeredModelStore extends ModelStore {
  private readonly versionsFolder: string;
  private tidied: Promise<void> | undefined;

  /** @param versionsFolder where versions are laid out; nobody else is to write there */
  constructor(
    private readonly folder: ModelStore,
    private readonly content: ContentStore,
    versionsFolder: string,
  ) {
    super();
    this.versionsFolder = resolve(versionsFolder);
  }

  override async list(model?: string): Promise<StoredModel[]> {
    this.tidied ??= this.tidy();
    const [inFolder, pushed] = await Promise.all([this.folder.list(model), this.content.versions(model)]);
    await this.tidied;
    const hidden = new Set(inFolder.map(({ ref }) => keyOf(ref)));
    const behind = pushed.map((version) => this.storedModelOf(version)).filter(({ ref }) => !hidden.has(keyOf(ref)));
    return [...inFolder, ...behind].toSorted(({ ref: a }, { ref: b }) =>
      a.model === b.model ? byVersion(a.version, b.version) : a.model < b.model ? -1 : 1,
    );
  }

  override async fetch(stored: ServableModel): Promise<void> {
    if (stored.isPushed) await this.content.materialise(stored.ref, this.versionsFolder);
    else await this.folder.fetch(stored);
  }

  /** Once: a process that has just begun has nothing of it open. */
  private async tidy(): Promise<void> {
    const known = new Set((await this.content.versions()).map(keyOf));
    await removeAbandoned(this.versionsFolder, Date.now() - ABANDONED_AFTER_MS, (ref) => known.has(keyOf(ref)));
  }

  private storedModelOf(version: StoredVersion): StoredModel {
    const ref = { model: version.model, version: version.version };
    if ('fault' in version) return { ref, fault: version.fault, isPushed: true };
    const config = configOf(version);
    return {
      ref,
      config,
      path: join(this.versionsFolder, ref.model, ref.version, MODEL_FILE[config.platform]),
      fingerprint: version.digest,
      bytes: version.files.reduce((sum, { bytes }) => sum + bytes, 0),
      isPushed: true,
    };
  }
}

function keyOf({ model, version }: ModelRef): string {
  return `${model}/${version}`;
}
