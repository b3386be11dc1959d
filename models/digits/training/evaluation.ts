/** How often each digit was taken for which. */
export interface Evaluation {
  /** The part of all images that was recognised, 0 to 1. */
  readonly accuracy: number;
  /** Mistakes, the most frequent first. */
  readonly confusions: readonly { readonly digit: number; readonly takenFor: number; readonly count: number }[];
}

/** @param scores [count, classes]: logits or probabilities; the greatest is the answer */
export function evaluate(scores: Float32Array, labels: Uint8Array): Evaluation {
  const classes = scores.length / labels.length;
  const counts = new Map<string, { digit: number; takenFor: number; count: number }>();
  let mistakes = 0;
  for (const [row, digit] of labels.entries()) {
    const takenFor = indexOfGreatest(scores.subarray(row * classes, (row + 1) * classes));
    if (takenFor === digit) continue;
    mistakes++;
    const key = `${digit} ${takenFor}`;
    const confusion = counts.get(key) ?? { digit, takenFor, count: 0 };
    confusion.count++;
    counts.set(key, confusion);
  }
  return {
    accuracy: 1 - mistakes / labels.length,
    confusions: [...counts.values()].toSorted((a, b) => b.count - a.count),
  };
}

export function indexOfGreatest(scores: Float32Array): number {
  return scores.indexOf(Math.max(...scores));
}
