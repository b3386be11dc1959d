import { SluiceError, type ModelRef } from '@sluice/contracts';
import type { ModelStore, ServableModel } from '@sluice/model-store';

/**
 * A version as the store has it.
 * @throws SluiceError invalid_request when it is not there, or can never be served; model_unavailable when the store cannot
 * be read
 */
export async function storedVersion(store: ModelStore, { model, version }: ModelRef): Promise<ServableModel> {
  const stored = (await store.list(model)).find(({ ref }) => ref.version === version);
  if (!stored) throw new SluiceError('invalid_request', `there is no version ${version} of ${model}: push it`);
  if (stored.fault !== undefined) throw new SluiceError('invalid_request', stored.fault);
  return stored;
}
