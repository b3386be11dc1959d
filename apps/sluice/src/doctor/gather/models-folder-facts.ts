import { accessSync, constants, statSync } from 'node:fs';
import { messageOf } from '@sluice/contracts';
import { FolderModelStore } from '@sluice/model-store';
import type { ModelsFolderFacts } from '../facts.js';

export async function gatherModelsFolder(folder: string): Promise<ModelsFolderFacts> {
  try {
    const models = await new FolderModelStore(folder).list();
    const faults: string[] = [];
    let bytes = 0;
    for (const model of models) {
      const { model: name, version } = model.ref;
      try {
        if ('fault' in model) throw new Error(model.fault);
        accessSync(model.path, constants.R_OK);
        bytes += statSync(model.path).size;
      } catch (error) {
        faults.push(`model ${name} version ${version} cannot be loaded: ${messageOf(error)}`);
      }
    }
    return { folder, fault: undefined, versions: models.length, faults, bytes };
  } catch (error) {
    return { folder, fault: messageOf(error), versions: 0, faults: [], bytes: 0 };
  }
}
