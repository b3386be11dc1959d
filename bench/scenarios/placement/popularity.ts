import type { Random } from '@sluice/onnx-writer';
import { zipf } from '../affinity/zipf.js';

const EXPONENT = 1.1;

/**
 * So many requests by the model that each asks for: Zipf 1.1, and which model has which rank is drawn anew for each
 * phase.
 */
export function shiftingPopularity(
  models: readonly string[],
  { phases, perPhase, random }: { readonly phases: number; readonly perPhase: number; readonly random: Random },
): string[] {
  const rank = zipf(models.length, EXPONENT, random);
  return Array.from({ length: phases }, () => {
    const byRank = shuffled(models, random);
    return Array.from({ length: perPhase }, () => byRank[rank() - 1]!);
  }).flat();
}

function shuffled<T>(all: readonly T[], random: Random): T[] {
  return all
    .map((each) => ({ each, at: random() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ each }) => each);
}
