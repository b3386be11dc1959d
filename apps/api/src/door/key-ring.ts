import { hash, timingSafeEqual } from 'node:crypto';
import type { ApiKey } from '@sluice/config';

/** Finds whose a key is. How long that takes says nothing about the keys: digests are compared, and always all of them. */
export class KeyRing {
  constructor(private readonly keys: readonly ApiKey[]) {}

  get names(): string[] {
    return this.keys.map(({ name }) => name);
  }

  find(presented: string): ApiKey | undefined {
    const digest = hash('sha256', presented, 'buffer');
    let found: ApiKey | undefined;
    for (const key of this.keys) if (timingSafeEqual(digest, key.digest)) found = key;
    return found;
  }
}
