/**
 * The ids in the order in which they own the key: by a score that is drawn, by hashing, for each pair of key and id, the
 * highest first (highest random weight; Thaler and Ravishankar, 1998).
 *
 * Every process that knows the same ids comes to the same order, whatever order it knows them in. Without one of the
 * ids the others keep theirs: only the keys that it owned move, each to the one that was second. The scores are part of
 * the contract between processes of different releases: another hash would move all keys.
 */
export function rendezvous(key: string, ids: readonly string[]): string[] {
  const seed = hash(key, 0);
  return ids
    .map((id) => ({ id, score: hash(id, seed) }))
    .toSorted((one, other) => other.score - one.score || (one.id < other.id ? -1 : 1))
    .map(({ id }) => id);
}

/** MurmurHash3 in 32 bits (Appleby, 2011), a UTF-16 code unit for a block. Spreads well, and is no secret. */
function hash(text: string, seed: number): number {
  let state = seed;
  for (let at = 0; at < text.length; at += 1) {
    state ^= Math.imul(rotated(Math.imul(text.charCodeAt(at), 0xcc9e2d51), 15), 0x1b873593);
    state = Math.imul(rotated(state, 13), 5) + 0xe6546b64;
  }
  state ^= text.length;
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}

function rotated(bits: number, by: number): number {
  return (bits << by) | (bits >>> (32 - by));
}
