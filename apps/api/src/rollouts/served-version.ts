import type { WorkerReport } from '@sluice/cluster';
import { SluiceError } from '@sluice/contracts';

/**
 * The version that answers the requests that name none, of a model that nothing was registered of: the highest that is
 * ready, or would be loaded.
 * @returns undefined when there is none, and none will be by itself
 * @throws SluiceError model_unavailable while one is being loaded
 */
export function servedVersion(model: string, workers: readonly WorkerReport[]): string | undefined {
  const reports = workers.flatMap(({ models }) => models.filter((each) => each.model === model));
  const numbers = reports
    .filter(({ state }) => state === 'ready' || state === 'available')
    .map(({ version }) => Number(version));
  if (numbers.length > 0) return String(Math.max(...numbers));
  if (reports.some(({ state }) => state === 'loading'))
    throw new SluiceError('model_unavailable', `model ${model} is being loaded: begin the rollout when it serves`);
  return undefined;
}
