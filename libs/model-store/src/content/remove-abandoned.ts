import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelRef } from '@sluice/contracts';
import { namesIn } from './file-facts.js';

/**
 * Removes what nobody needs in a folder that `materialise` writes to: what it has left where it was killed, hidden folders
 * beside the versions, and versions that are in the store no more. Never rejects: what cannot be removed is in nobody's way.
 * @param changedBefore milliseconds since 1970; what is younger may still be written to
 * @param isKept whether a version is in the store
 */
export async function removeAbandoned(
  into: string,
  changedBefore: number,
  isKept: (ref: ModelRef) => boolean,
): Promise<void> {
  for (const model of await namesIn(into).catch(() => []))
    for (const name of await namesIn(join(into, model)).catch(() => [])) {
      if (!name.startsWith('.') && isKept({ model, version: name })) continue;
      const path = join(into, model, name);
      const facts = await stat(path).catch(() => undefined);
      if (facts && facts.mtimeMs < changedBefore) await rm(path, { recursive: true, force: true }).catch(() => {});
    }
}
