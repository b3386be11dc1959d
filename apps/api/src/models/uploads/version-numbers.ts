import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { SluiceError, type ModelRef } from '@sluice/contracts';
import { ContentStore, type ModelManifest } from '@sluice/model-store';
import { DesiredVersions } from '../../routing/desired-versions.js';
import { ModelCatalogue } from '../model-catalogue.js';

/** Which numbers the versions of a model have: in the content store, in the workers' folders, in the registry. */
@Injectable()
export class VersionNumbers {
  constructor(
    private readonly store: ContentStore,
    private readonly catalogue: ModelCatalogue,
    private readonly desired: DesiredVersions,
  ) {}

  /** One more than all that are known; one that was removed may have it, and then the store refuses it. */
  async next(model: string): Promise<number> {
    const stored = (await this.store.versions(model)).map(({ version }) => version);
    const { live, candidate, retired } = this.desired.of(model);
    const known = [...stored, ...this.catalogue.reported(model), ...retired, live ?? '0', candidate ?? '0'];
    return Math.max(0, ...known.map(Number)) + 1;
  }

  /** The version of a model with these files and this configuration, if there is one: the newest of them. */
  async withContent({
    model,
    files,
    config,
  }: Pick<ModelManifest, 'model' | 'files' | 'config'>): Promise<ModelManifest | undefined> {
    const byPath = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
    const versions = await this.store.manifests(model);
    return versions.findLast((each) => isDeepStrictEqual([each.files, each.config], [byPath, config]));
  }

  async isStored({ model, version }: ModelRef): Promise<boolean> {
    return (await this.store.versions(model)).some((each) => each.version === version);
  }

  /** For a version that the store does not have. @throws SluiceError conflict when workers serve one of that number */
  assertNotInFolders({ model, version }: ModelRef): void {
    if (!this.catalogue.reported(model).includes(version)) return;
    const message = `the workers' folder of models has a version ${version} of ${model}: push this as another version`;
    throw new SluiceError('conflict', message);
  }
}
