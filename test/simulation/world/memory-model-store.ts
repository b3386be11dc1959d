import type { ModelStore, ServableModel, StoredModel } from '@sluice/model-store';

/** Models without files. */
export class MemoryModelStore implements ModelStore {
  constructor(private readonly models: readonly ServableModel[]) {}

  async list(model?: string): Promise<StoredModel[]> {
    return this.models.filter(({ ref }) => model === undefined || ref.model === model);
  }

  async fetch(): Promise<void> {}
}
