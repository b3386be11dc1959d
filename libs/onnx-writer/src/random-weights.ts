/** Uniform numbers in [0, 1). */
export type Random = () => number;

/** The same numbers for the same seed, on every platform: mulberry32 (Tommy Ettinger), 32 bits of state. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Normally distributed around zero (Box-Muller). */
export function randomWeights(count: number, standardDeviation: number, random: Random): Float32Array {
  const weights = new Float32Array(count);
  for (let index = 0; index < count; index += 2) {
    const radius = standardDeviation * Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    weights[index] = radius * Math.cos(angle);
    // Past the end of an odd count this writes nothing: typed arrays ignore it.
    weights[index + 1] = radius * Math.sin(angle);
  }
  return weights;
}
