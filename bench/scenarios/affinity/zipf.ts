import type { Random } from '@sluice/onnx-writer';

/**
 * Draws numbers from 1 to `count`, of which k is as likely as k to the power of `-exponent`: a few are asked for again and
 * again, most now and then.
 */
export function zipf(count: number, exponent: number, random: Random): () => number {
  const upTo: number[] = [];
  let total = 0;
  for (let rank = 1; rank <= count; rank++) upTo.push((total += rank ** -exponent));
  return () => {
    const drawn = random() * total;
    return upTo.findIndex((sum) => drawn < sum) + 1;
  };
}
