/*
 * Where training spends its time. Both loops do four products a turn: `dot` in four sums, because each addition would
 * wait for the one before, and `addCombination` in one, because the target is then read and written once instead of
 * four times.
 */

/** Sum of the products of `length` elements, from `aOffset` and `bOffset` on. */
export function dot(a: Float32Array, aOffset: number, b: Float32Array, bOffset: number, length: number): number {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let index = 0;
  for (; index + 3 < length; index += 4) {
    const i = aOffset + index;
    const j = bOffset + index;
    sum0 += a[i]! * b[j]!;
    sum1 += a[i + 1]! * b[j + 1]!;
    sum2 += a[i + 2]! * b[j + 2]!;
    sum3 += a[i + 3]! * b[j + 3]!;
  }
  for (; index < length; index++) sum0 += a[aOffset + index]! * b[bOffset + index]!;
  return sum0 + sum1 + sum2 + sum3;
}

/** Elements `offset`, `offset + stride`, and so on: a row or a column of a matrix. */
export interface Strided {
  readonly values: Float32Array;
  readonly offset: number;
  readonly stride: number;
}

/** `count` runs of `length` elements, one after the other from `offset` on: rows of a matrix. */
export interface Rows {
  readonly values: Float32Array;
  readonly offset: number;
  readonly count: number;
  readonly length: number;
}

/** Adds the linear combination of the rows, one factor for each, to the elements of the target from `offset` on. */
export function addCombination(target: Float32Array, offset: number, factors: Strided, rows: Rows): void {
  const { values, length } = rows;
  const factor = (row: number) => factors.values[factors.offset + row * factors.stride]!;
  let row = 0;
  for (; row + 3 < rows.count; row += 4) {
    const factor0 = factor(row);
    const factor1 = factor(row + 1);
    const factor2 = factor(row + 2);
    const factor3 = factor(row + 3);
    const start = rows.offset + row * length;
    for (let index = 0; index < length; index++) {
      const at = start + index;
      target[offset + index]! +=
        factor0 * values[at]! +
        factor1 * values[at + length]! +
        factor2 * values[at + 2 * length]! +
        factor3 * values[at + 3 * length]!;
    }
  }
  for (; row < rows.count; row++) {
    const only = factor(row);
    const start = rows.offset + row * length;
    for (let index = 0; index < length; index++) target[offset + index]! += only * values[start + index]!;
  }
}
