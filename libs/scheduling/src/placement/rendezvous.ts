import { murmurHash } from './murmur-hash.js';

/**
 * The ids in the order in which they own the key: by a score that is drawn, by hashing, for each pair of key and id, the
 * highest first (highest random weight; Thaler and Ravishankar, 1998).
 *
 * Every process that knows the same ids comes to the same order, whatever order it knows them in. Without one of the
 * ids the others keep theirs: only the keys that it owned move, each to the one that was second. The scores are part of
 * the contract between processes of different releases: another hash would move all keys.
 */
export function rendezvous(key: string, ids: readonly string[]): string[] {
  const seed = murmurHash(key, 0);
  return ids
    .map((id) => ({ id, score: murmurHash(id, seed) }))
    .toSorted((one, other) => other.score - one.score || (one.id < other.id ? -1 : 1))
    .map(({ id }) => id);
}
