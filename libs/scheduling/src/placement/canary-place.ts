import { murmurHash } from './murmur-hash.js';

/**
 * Where a key of a model's requests stands between 0 and 100: it goes to the candidate while its place is below the
 * candidate's share in percent. So all requests with one key go to one version, in every process, and those that a
 * smaller share had sent to the candidate stay there when the share grows.
 */
export function canaryPlace(model: string, key: string): number {
  return (murmurHash(key, murmurHash(model, 0)) / 2 ** 32) * 100;
}
