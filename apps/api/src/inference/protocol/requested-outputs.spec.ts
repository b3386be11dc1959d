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

describe('readRequestedOutputs', () => {
  it.each([
    ['absent', undefined, ['scores', 'label']],
    ['null', null, ['scores', 'label']],
    ['an empty list', [], ['scores', 'label']],
    ['one', [{ name: 'label', parameters: { binary_data: false } }], ['label']],
    ['all, in another order', [{ name: 'label' }, { name: 'scores' }], ['label', 'scores']],
  ])('%s', (_, asked, expected) => {
    expect(readRequestedOutputs(asked, SIGNATURE, 8)).toEqual(expected);
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
      'a parameter that is not served',
      [{ name: 'label', parameters: { binary_data: true } }],
      "outputs[0].parameters['binary_data'] of 'label': expected false or nothing (binary tensor data is not served yet), got true",
    ],
  ])('refuses %s', (_, asked, message) => {
    expect(() => readRequestedOutputs(asked, SIGNATURE, 8)).toThrow(new SluiceError('invalid_request', message));
  });

  it.each([
    ['asked for', [{ name: 'half' }]],
    ['among all', undefined],
  ])('refuses half floats, which have no JSON form, before anything runs: %s', (_, asked) => {
    expect(() => readRequestedOutputs(asked, WITH_HALF, 8)).toThrow(
      /^outputs: expected outputs with a JSON form, got 'half': FP16 has no JSON form/,
    );
  });

  it('serves the other outputs of a model with half floats', () => {
    expect(readRequestedOutputs([{ name: 'label' }], WITH_HALF, 8)).toEqual(['label']);
  });
});
