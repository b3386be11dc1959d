/** Turns logits [batch, classes] into probabilities that sum to 1 in each row. */
export function softmax(logits: Float32Array, classes: number): Float32Array {
  const probabilities = new Float32Array(logits.length);
  for (let row = 0; row < logits.length; row += classes) {
    // Minus the greatest, so that the exponential cannot overflow.
    const greatest = Math.max(...logits.subarray(row, row + classes));
    let sum = 0;
    for (let index = row; index < row + classes; index++)
      sum += probabilities[index] = Math.exp(logits[index]! - greatest);
    for (let index = row; index < row + classes; index++) probabilities[index]! /= sum;
  }
  return probabilities;
}

/**
 * The loss of a classifier: the mean of -log(probability of the right class), and its gradient by the logits, which is
 * as simple as (probability - 1 for the right class) / batch.
 */
export function crossEntropy(logits: Float32Array, labels: Uint8Array): { loss: number; gradient: Float32Array } {
  const batch = labels.length;
  const classes = logits.length / batch;
  const gradient = softmax(logits, classes);
  let loss = 0;
  for (const [row, label] of labels.entries()) {
    const index = row * classes + label;
    loss -= Math.log(Math.max(gradient[index]!, Number.MIN_VALUE)) / batch;
    gradient[index]! -= 1;
  }
  return { loss, gradient: gradient.map((slope) => slope / batch) };
}
