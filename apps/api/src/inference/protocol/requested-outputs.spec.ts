import { type ModelSignature, SluiceError } from '@sluice/contracts';
import { readRequestedOutputs } from './requested-outputs.js';

const SIGNATURE: ModelSignature = {
  inputs: [],
  outputs: [
    { name: 'scores', datatype: 'FP32', shape: [-1, 10] },
    { name: 'label', datatype: 'INT64', shape: [-1] },
  ],
};
const WITH_HALF: ModelSignature = {
  ...SIGNATURE,
  outputs: [...SIGNATURE.outputs, { name: 'half', datatype: 'FP16', shape: [-1] }],
};

const DEFAULTS = { maxOutputs: 8, isBinary: false };

function names(asked: unknown, signature = SIGNATURE): string[] {
  return readRequestedOutputs(asked, signature, DEFAULTS).map(({ name }) => name);
}

describe('readRequestedOutputs', () => {
  it.each([
    ['absent', undefined, ['scores', 'label']],
    ['null', null, ['scores', 'label']],
    ['an empty list', [], ['scores', 'label']],
    ['one', [{ name: 'label', parameters: { binary_data: false } }], ['label']],
    ['all, in another order', [{ name: 'label' }, { name: 'scores' }], ['label', 'scores']],
  ])('%s', (_, asked, expected) => {
    expect(names(asked)).toEqual(expected);
  });

  it.each([
    ['no list', {}, 'outputs: expected a list, got an object'],
    ['more than the limit', Array.from({ length: 9 }, () => ({ name: 'label' })), 'outputs: expected at most 8, got 9'],
    ['a bare name', ['label'], "outputs[0]: expected an object with a name, got 'label'"],
    ['no name', [{}], 'outputs[0].name: expected a string, got nothing'],
    [
      'a name that only objects know',
      [{ name: 'label' }, { name: 'toString' }],
      "outputs[1].name: expected an output of the model ('scores', 'label'), got 'toString'",
    ],
    [
      'a name twice',
      [{ name: 'label' }, { name: 'label' }],
      "outputs[1].name: expected each output once, got 'label' again",
    ],
    [
      'a form that is neither',
      [{ name: 'label', parameters: { binary_data: 1 } }],
      "outputs[0].parameters['binary_data'] of 'label': expected true or false, got 1",
    ],
    [
      'a parameter that is not served',
      [{ name: 'label', parameters: { classification: 3 } }],
      "outputs[0].parameters['classification'] of 'label': expected nothing (the classification extension is not served), got 3",
    ],
  ])('refuses %s', (_, asked, message) => {
    expect(() => names(asked)).toThrow(new SluiceError('invalid_request', message));
  });

  it.each([
    ['asked for', [{ name: 'half' }]],
    ['among all', undefined],
  ])('refuses half floats, which have no JSON form, before anything runs: %s', (_, asked) => {
    expect(() => names(asked, WITH_HALF)).toThrow(
      /^outputs: expected binary_data for it, got 'half': FP16 has no JSON form/,
    );
  });

  it.each([
    ['what the request says', undefined, true, [true, true]],
    ['what the request says, named', [{ name: 'label' }], true, [true]],
    [
      'what the output says',
      [{ name: 'label', parameters: { binary_data: true } }, { name: 'scores' }],
      false,
      [true, false],
    ],
    [
      'what the output says, against the request',
      [{ name: 'label', parameters: { binary_data: false } }],
      true,
      [false],
    ],
  ])('answers as binary data: %s', (_, asked, isBinary, expected) => {
    const outputs = readRequestedOutputs(asked, SIGNATURE, { maxOutputs: 8, isBinary });
    expect(outputs.map((output) => output.isBinary)).toEqual(expected);
  });

  it('takes half floats as binary data', () => {
    const asked = [{ name: 'half', parameters: { binary_data: true } }];
    expect(readRequestedOutputs(asked, WITH_HALF, DEFAULTS)).toEqual([{ name: 'half', isBinary: true }]);
    expect(readRequestedOutputs(undefined, WITH_HALF, { ...DEFAULTS, isBinary: true })).toHaveLength(3);
  });

  it('serves the other outputs of a model with half floats', () => {
    expect(names([{ name: 'label' }], WITH_HALF)).toEqual(['label']);
  });
});
