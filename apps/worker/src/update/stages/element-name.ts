import type { Tensor } from '@sluice/contracts';

/** The name of an element as a reader counts it, e.g. `y[0, 5]`; of a scalar, that of its tensor. */
export function elementName({ name, shape }: Tensor, index: number): string {
  if (shape.length === 0) return name;
  const at: number[] = [];
  let rest = index;
  for (const size of shape.toReversed()) {
    at.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return `${name}[${at.join(', ')}]`;
}
