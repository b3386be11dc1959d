import { elementBytes, type Tensor } from '@sluice/contracts';

/**
 * A copy of a tensor that is longer along one axis, filled up with `element`.
 * @param element the bytes of one element; those of 0 by default
 */
export function padAxis(tensor: Tensor, axis: number, size: number, element?: Uint8Array): Tensor {
  const { before, width, after } = layOut(tensor, axis, size);
  const bytes = new Uint8Array(before * size * width);
  for (let outer = 0; outer < before; outer++) {
    const part = tensor.bytes.subarray(outer * after * width, (outer + 1) * after * width);
    bytes.set(part, outer * size * width);
    if (element) fill(bytes.subarray((outer * size + after) * width, (outer + 1) * size * width), element);
  }
  return { ...tensor, shape: tensor.shape.with(axis, size), bytes };
}

/** A copy of a tensor without what lies beyond `size` along one axis. */
export function cropAxis(tensor: Tensor, axis: number, size: number): Tensor {
  const { before, width, after } = layOut(tensor, axis, size);
  const bytes = new Uint8Array(before * size * width);
  for (let outer = 0; outer < before; outer++) {
    const from = outer * after * width;
    bytes.set(tensor.bytes.subarray(from, from + size * width), outer * size * width);
  }
  return { ...tensor, shape: tensor.shape.with(axis, size), bytes };
}

/** How many runs of bytes there are along the axis, how wide one step is, and how many steps the tensor has. */
function layOut({ shape, datatype, name }: Tensor, axis: number, size: number) {
  const elementWidth = elementBytes(datatype);
  const after = shape[axis];
  if (elementWidth === undefined || after === undefined || size < 0)
    throw new Error(`${name}: ${datatype}[${shape.join()}] cannot have size ${size} along axis ${axis}`);
  const product = (sizes: readonly number[]) => sizes.reduce((sum, each) => sum * each, 1);
  return { before: product(shape.slice(0, axis)), width: product(shape.slice(axis + 1)) * elementWidth, after };
}

function fill(bytes: Uint8Array, element: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += element.length) bytes.set(element, at);
}
