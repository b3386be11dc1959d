import { SluiceError } from '@sluice/contracts';
import { readParameters } from './request-parameters.js';

const FIELD = { path: 'parameters' };

describe('readParameters', () => {
  it('takes strings, numbers and booleans', () => {
    const parameters = { priority: 2, timeout: 0, note: 'x', binary_data_output: false };
    expect(readParameters(parameters, FIELD)).toEqual(parameters);
  });

  it.each([[undefined], [null]])('takes %s for no parameters', (value) => {
    expect(readParameters(value, FIELD)).toBeUndefined();
  });

  it('lets no parameter reach the prototype', () => {
    const parameters = readParameters(JSON.parse('{"__proto__":"x","constructor":1}'), FIELD);
    expect(Object.getPrototypeOf(parameters)).toBe(Object.prototype);
  });

  it.each([
    ['a list', [], 'parameters: expected an object, got a list of 0'],
    ['text', 'x', "parameters: expected an object, got 'x'"],
    ['an object inside', { a: {} }, "parameters['a']: expected a string, a number or a boolean, got an object"],
    ['a list inside', { a: [1, 2] }, "parameters['a']: expected a string, a number or a boolean, got a list of 2"],
    ['null inside', { a: null }, "parameters['a']: expected a string, a number or a boolean, got null"],
    [
      'a binary input',
      { binary_data_size: 24 },
      'parameters[\'binary_data_size\']: expected JSON in "data" (binary tensor data is not served yet), got 24',
    ],
    [
      'a binary input of no bytes',
      { binary_data_size: 0 },
      'parameters[\'binary_data_size\']: expected JSON in "data" (binary tensor data is not served yet), got 0',
    ],
    [
      'a binary output',
      { binary_data: true },
      "parameters['binary_data']: expected false or nothing (binary tensor data is not served yet), got true",
    ],
    [
      'binary outputs',
      { binary_data_output: true },
      "parameters['binary_data_output']: expected false or nothing (binary tensor data is not served yet), got true",
    ],
    [
      'shared memory',
      { shared_memory_region: 'r' },
      "parameters['shared_memory_region']: expected JSON (shared memory is not served), got 'r'",
    ],
    [
      'classification',
      { classification: 3 },
      "parameters['classification']: expected nothing (the classification extension is not served), got 3",
    ],
  ])('refuses %s', (_, value, message) => {
    expect(() => readParameters(value, FIELD)).toThrow(new SluiceError('invalid_request', message));
  });
});
