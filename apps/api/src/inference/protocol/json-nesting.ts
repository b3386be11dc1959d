import { elementCount } from '@sluice/contracts';
import { describeValue, type Field, invalidField } from './invalid-field.js';
import { describeShape } from './input-shape.js';
import { NumberList } from './number-list.js';

/** A tensor's elements in row-major order, and the lengths of the lists that they came in. */
export interface FlatData {
  readonly elements: readonly unknown[] | Float64Array;
  readonly nesting: readonly number[];
}

/**
 * Flattens `data`, which may be flat or nested. A nested list must follow the shape: whole dimensions may be merged
 * ([2,3,4] given as 2 lists of 12), but a list may not end inside one ([2,3] given as 3 lists of 2), because that is a
 * transposed tensor far more often than a matter of style.
 *
 * @throws SluiceError invalid_request: not a list, another number of elements, ragged, or nested against the shape
 */
export function flattenData(data: unknown, shape: readonly number[], field: Field): FlatData {
  if (!Array.isArray(data) && !(data instanceof NumberList)) throw invalidField(field, 'a list', describeValue(data));
  const nesting = nestingOf(data, Math.max(1, shape.length), field);
  const count = elementCount(shape);
  const given = elementCount(nesting);
  if (given !== count)
    throw invalidField(field, `${count} elements (shape ${describeShape(shape)})`, describeGiven(nesting));
  const blocks = blockSizes(shape);
  if (![...blockSizes(nesting)].every((size) => blocks.has(size)))
    throw invalidField(field, `a flat list, or lists nested as ${describeShape(shape)}`, describeGiven(nesting));
  if (data instanceof NumberList) return { elements: data.elements, nesting };
  if (nesting.length === 1) return { elements: data, nesting };

  const elements: unknown[] = [];
  appendLeaves(data, 0, nesting, elements, field);
  return { elements, nesting };
}

/** Where an element stands in the data as it was sent: `[1][3]`. */
export function elementPath(index: number, nesting: readonly number[]): string {
  let path = '';
  for (const length of nesting.toReversed()) {
    path = `[${index % length}]${path}`;
    index = Math.floor(index / length);
  }
  return path;
}

/** Lengths along the first branch. It never looks deeper than the shape is, so the recursion below is as shallow. */
function nestingOf(data: readonly unknown[] | NumberList, maxDepth: number, field: Field): readonly number[] {
  const tooDeep = () => invalidField(field, `lists nested at most ${maxDepth} deep, as the shape is`, 'deeper ones');
  if (data instanceof NumberList) {
    if (data.nesting.length > maxDepth) throw tooDeep();
    return data.nesting;
  }
  const nesting: number[] = [];
  for (let list: unknown = data; Array.isArray(list); list = (list as unknown[])[0]) {
    if (nesting.length === maxDepth) throw tooDeep();
    nesting.push(list.length);
  }
  return nesting;
}

/** Numbers of elements at which some dimension begins anew: {24, 12, 4, 1} for [2,3,4]. */
function blockSizes(shape: readonly number[]): Set<number> {
  const sizes = new Set([1]);
  let size = 1;
  for (const dimension of shape.toReversed()) sizes.add((size *= dimension));
  return sizes;
}

/** Paths are made only for a complaint: an image has as many innermost lists as pixels. */
function appendLeaves(
  list: readonly unknown[],
  depth: number,
  nesting: readonly number[],
  elements: unknown[],
  field: Field,
): void {
  const length = nesting[depth + 1];
  if (length === undefined) {
    for (const element of list) elements.push(element);
    return;
  }
  for (const inner of list) {
    if (!Array.isArray(inner) || inner.length !== length) {
      const listsBefore = elements.length / elementCount(nesting.slice(depth + 1));
      const path = field.path + elementPath(listsBefore, nesting.slice(0, depth + 1));
      throw invalidField({ ...field, path }, `a list of ${length} like the others`, describeValue(inner));
    }
    appendLeaves(inner, depth + 1, nesting, elements, field);
  }
}

function describeGiven(nesting: readonly number[]): string {
  return nesting.length === 1 ? `${nesting[0]}` : `lists nested as ${describeShape(nesting)}`;
}
