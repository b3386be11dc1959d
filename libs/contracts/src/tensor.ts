import type { Datatype } from './datatype.js';

/**
 * A tensor between processes: row-major, little-endian, as in the protocol's binary extension.
 * One representation everywhere, so that a request is converted once, at the edge.
 */
export interface Tensor {
  readonly name: string;
  readonly datatype: Datatype;
  /** Full shape, the batch dimension included. A scalar has []. */
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** Number of elements; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}
