import type { GoldenItem } from '@sluice/contracts';
import { faultBetween, type Tolerance } from './compare-outputs.js';
import { firstNotFinite } from './not-finite.js';
import type { Answer } from './version-answers.js';

/**
 * What is wrong with a candidate's answer to a golden item, for people; undefined: nothing.
 *
 * What is expected is what the item says, else what the live version answers; where that one fails there is nothing to
 * compare with. Without a tolerance (nobody has chosen the inputs) only this is asked: numbers, where the live version's
 * are numbers.
 */
export function faultOfAnswer(
  item: GoldenItem,
  got: Answer,
  live: Answer | undefined,
  tolerance: Tolerance | undefined,
): string | undefined {
  const expected = item.outputs ?? (live && 'outputs' in live ? live.outputs : undefined);
  if (!expected) return undefined;
  if ('failed' in got) return `the run failed: ${got.failed}`;
  if (tolerance) return faultBetween(expected, got.outputs, tolerance);
  const [fault] = got.outputs.flatMap(
    (output) =>
      firstNotFinite(
        output,
        expected.find(({ name }) => name === output.name),
      ) ?? [],
  );
  return fault;
}
