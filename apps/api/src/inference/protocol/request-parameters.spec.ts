import { SluiceError } from '@sluice/contracts';
import { readFlag, readParameters, readRequestParameters } from './request-parameters.js';

const FIELD = { path: 'parameters' };

describe('readParameters', () => {
  it('takes strings, numbers and booleans', () => {
    const parameters = { priority: 2, timeout: 0, note: 'x', binary_data_output: false };
    expect(readParameters(parameters, FIELD)).toEqual(parameters);
  });

  it.each([[undefined], [null]])('takes %s for no parameters', (value) => {
    expect(readParameters(value, FIELD)).toEqual({});
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
      'shared memory',
      { shared_memory_region: 'r' },
      "parameters['shared_memory_region']: expected data in the request (shared memory is not served), got 'r'",
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

describe('readRequestParameters', () => {
  it.each<[string, unknown, RegExp]>([
    ['sequence_id', 7, /^parameters\['sequence_id'\]: expected nothing \(sequences are not served\), got 7$/],
    ['sequence_id', 'seven', /sequences are not served/],
    ['sequence_start', true, /sequences are not served/],
    ['sequence_end', true, /sequences are not served/],
    ['headers', 'x', /expected another name \('headers' is reserved\), got 'x'$/],
    ['triton_final', true, /expected another name \(those with 'triton_' are reserved\), got true$/],
  ])('refuses %s, which is reserved', (name, value, message) => {
    expect(() => readRequestParameters({ [name]: value }, FIELD)).toThrow(message);
    expect(() => readRequestParameters({ [name]: value }, FIELD)).toThrow(SluiceError);
    expect(readParameters({ [name]: value }, FIELD)).toEqual({ [name]: value });
  });

  it('passes over every other name', () => {
    const parameters = { sequence: 1, tritonx: 'x', my_header: false, sequence_start: false };
    expect(readRequestParameters(parameters, FIELD)).toEqual(parameters);
  });
});

describe('readFlag', () => {
  it.each([[true], [false], [undefined]])('takes %s', (flag) => {
    expect(readFlag(flag === undefined ? {} : { flag }, 'flag', FIELD)).toBe(flag);
  });

  it.each([['true'], [1]])('refuses %j', (flag) => {
    expect(() => readFlag({ flag }, 'flag', FIELD)).toThrow("parameters['flag']: expected true or false, got ");
  });
});
