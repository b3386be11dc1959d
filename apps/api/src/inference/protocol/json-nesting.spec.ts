import { SluiceError } from '@sluice/contracts';
import * as fc from 'fast-check';
import { elementPath, flattenData } from './json-nesting.js';

const FIELD = { path: 'inputs[0].data', of: 'image' };

function flatten(data: unknown, shape: number[]) {
  return flattenData(data, shape, FIELD);
}

describe('flattenData', () => {
  it.each([
    ['flat', [1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]],
    [
      'nested as the shape',
      [
        [
          [1, 2],
          [3, 4],
        ],
        [
          [5, 6],
          [7, 8],
        ],
      ],
      [2, 2, 2],
    ],
    [
      'with the last dimensions merged',
      [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ],
      [2, 2, 2],
    ],
    [
      'with the first dimensions merged',
      [
        [1, 2],
        [3, 4],
        [5, 6],
        [7, 8],
      ],
      [2, 2, 2],
    ],
    [
      'with a dimension of 1 left out',
      [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ],
      [1, 2, 4],
    ],
  ])('reads data %s', (_, data, shape) => {
    expect(flatten(data, shape).elements).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('reads a scalar as a list of one', () => {
    expect(flatten([7], []).elements).toEqual([7]);
  });

  it('does not copy flat data', () => {
    const data = [1, 2];
    expect(flatten(data, [2]).elements).toBe(data);
  });

  it.each([
    ['no list', 5, [1], "inputs[0].data of 'image': expected a list, got 5"],
    ['no data', undefined, [1], "inputs[0].data of 'image': expected a list, got nothing"],
    ['too few', [1, 2, 3], [2, 2], "inputs[0].data of 'image': expected 4 elements (shape [2,2]), got 3"],
    ['empty', [], [1], "inputs[0].data of 'image': expected 1 elements (shape [1]), got 0"],
    [
      'too many, nested',
      [
        [1, 2],
        [3, 4],
      ],
      [1, 2],
      "inputs[0].data of 'image': expected 2 elements (shape [1,2]), got lists nested as [2,2]",
    ],
    [
      'transposed',
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      [2, 3],
      "inputs[0].data of 'image': expected a flat list, or lists nested as [2,3], got lists nested as [3,2]",
    ],
    [
      'ragged',
      [[1, 2], [3]],
      [2, 2],
      "inputs[0].data[1] of 'image': expected a list of 2 like the others, got a list of 1",
    ],
    [
      'ragged deep inside',
      [
        [[1], [2]],
        [[3], 4],
      ],
      [2, 2, 1],
      "inputs[0].data[1][1] of 'image': expected a list of 1 like the others, got 4",
    ],
    [
      'deeper than the shape',
      [[[1]]],
      [1, 1],
      "inputs[0].data of 'image': expected lists nested at most 2 deep, as the shape is, got deeper ones",
    ],
  ])('refuses data that is %s', (_, data, shape, message) => {
    expect(() => flatten(data, shape)).toThrow(new SluiceError('invalid_request', message));
  });

  it('is not led into the depth by nested lists', () => {
    let data: unknown = 1;
    for (let depth = 0; depth < 100_000; depth++) data = [data];
    expect(() => flatten(data, [1, 1])).toThrow(/at most 2 deep/);
  });

  it('names every element by the path that reaches it', () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(shapes, (shape) => {
        const { elements, nesting } = flatten(leavesThatSayWhere(shape), shape);
        expect(Array.from(elements, (_, index) => elementPath(index, nesting))).toEqual(elements);
      }),
    );
  });
});

/** Nested lists whose every leaf is its own path, e.g. '[1][0]'. */
function leavesThatSayWhere([length, ...inner]: readonly number[], path = ''): unknown {
  if (length === undefined) return path;
  return Array.from({ length }, (_, index) => leavesThatSayWhere(inner, `${path}[${index}]`));
}
