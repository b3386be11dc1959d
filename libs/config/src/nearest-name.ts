/** A name in which more than this part is wrong was not a slip. */
const MOST_WRONG = 0.5;

/** Which of the known names somebody may have meant, if any is near; case does not matter. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const measured = known.map((candidate) => ({ candidate, slips: slipsBetween(name.toUpperCase(), candidate) }));
  const [nearest] = measured.toSorted((a, b) => a.slips - b.slips);
  if (!nearest) return undefined;
  return nearest.slips <= MOST_WRONG * Math.max(name.length, nearest.candidate.length) ? nearest.candidate : undefined;
}

/** Levenshtein's distance: letters to insert, to delete or to replace. */
function slipsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let index = 0; index < from.length; index += 1) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + (from[index] === to[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
