import { SluiceError, type TensorSpec } from '@sluice/contracts';
import { readShape } from './input-shape.js';

const FIELD = { path: 'inputs[0].shape', of: 'image' };
const SPEC: TensorSpec = { name: 'image', datatype: 'FP32', shape: [-1, 3, -1] };

function read(shape: unknown, spec = SPEC) {
  return readShape(shape, spec, 100, FIELD);
}

describe('readShape', () => {
  it.each([
    ['a shape with the request’s own dimensions', [2, 3, 5], SPEC],
    ['as many elements as allowed', [100, 1], { ...SPEC, shape: [-1, 1] }],
    ['a scalar', [], { ...SPEC, shape: [] }],
  ])('takes %s', (_, shape, spec) => {
    expect(read(shape, spec)).toEqual(shape);
  });

  it.each([
    ['nothing', undefined, "inputs[0].shape of 'image': expected a list of dimensions like [-1,3,-1], got nothing"],
    ['text', '2,3,5', "inputs[0].shape of 'image': expected a list of dimensions like [-1,3,-1], got '2,3,5'"],
    ['another rank', [2, 3], "inputs[0].shape of 'image': expected 3 dimensions like [-1,3,-1], got 2"],
    ['another dimension', [2, 4, 5], "inputs[0].shape[1] of 'image': expected 3 (the model declares [-1,3,-1]), got 4"],
    ['-1', [-1, 3, 5], "inputs[0].shape[0] of 'image': expected a positive integer, got -1"],
    ['0', [2, 3, 0], "inputs[0].shape[2] of 'image': expected a positive integer, got 0"],
    ['0.5', [0.5, 3, 5], "inputs[0].shape[0] of 'image': expected a positive integer, got 0.5"],
    ['a number as text', ['2', 3, 5], "inputs[0].shape[0] of 'image': expected a positive integer, got '2'"],
    ['null', [null, 3, 5], "inputs[0].shape[0] of 'image': expected a positive integer, got null"],
    ['too many elements', [2, 3, 17], "inputs[0].shape of 'image': expected at most 100 elements, got at least 102"],
    [
      'a product that would overflow',
      [2 ** 53 - 1, 3, 2 ** 53 - 1],
      "inputs[0].shape of 'image': expected at most 100 elements, got at least 9007199254740991",
    ],
    [
      'an imprecise dimension',
      [2 ** 53, 3, 1],
      "inputs[0].shape[0] of 'image': expected a positive integer, got 9007199254740992",
    ],
  ])('refuses %s', (_, shape, message) => {
    expect(() => read(shape)).toThrow(new SluiceError('invalid_request', message));
  });
});
