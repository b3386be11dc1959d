import { SluiceError } from '@sluice/contracts';
import type { RegisteredModel } from './registered-model.js';

/** A change was decided on a state that is not the state any more. */
export function staleState(seen: RegisteredModel, now: RegisteredModel): SluiceError {
  return new SluiceError(
    'conflict',
    `${seen.model} was changed since: it was at generation ${seen.generation} and is at ${now.generation} ` +
      `(live: ${now.live ?? 'none'}, candidate: ${now.candidate ?? 'none'}). Read it again and decide anew`,
  );
}
