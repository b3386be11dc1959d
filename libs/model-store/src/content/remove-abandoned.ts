import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { namesIn } from './file-facts.js';

/**
 * Removes what `materialise` has left in a folder where it was killed: hidden folders beside the versions. Never rejects:
 * what cannot be removed is in nobody's way.
 * @param changedBefore milliseconds since 1970; what is younger may still be written to
 */
export async function removeAbandoned(into: string, changedBefore: number): Promise<void> {
  for (const model of await namesIn(into).catch(() => []))
    for (const name of await namesIn(join(into, model)).catch(() => [])) {
      if (!name.startsWith('.')) continue;
      const path = join(into, model, name);
      const facts = await stat(path).catch(() => undefined);
      if (facts && facts.mtimeMs < changedBefore) await rm(path, { recursive: true, force: true }).catch(() => {});
    }
}
