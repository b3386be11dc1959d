import { decodeGoldenSet, encodeGoldenSet, type ServedModel } from '@sluice/contracts';
import { readGoldenItems } from './golden-items.js';

const serving: ServedModel = {
  platform: 'onnxruntime_onnx',
  signature: {
    inputs: [
      { name: 'a', datatype: 'FP32', shape: [-1, 2] },
      { name: 'b', datatype: 'INT64', shape: [-1, 1] },
    ],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
  },
  maxBatchSize: 8,
  device: 'cpu',
};
const live = { ref: { model: 'm', version: '1' }, serving };
const limits = { maxElements: 1_000, maxInputs: 8 };
const a = { name: 'a', datatype: 'FP32', shape: [2, 2], data: [1, 2, 3, 4] };
const b = { name: 'b', datatype: 'INT64', shape: [2, 1], data: [5, 6] };
const y = { name: 'y', datatype: 'FP32', shape: [2, 1], data: [0.5, 1.5] };

describe('golden items', () => {
  it('become a set, their inputs in the order of the live version’s signature', () => {
    const items = readGoldenItems([{ inputs: [b, a] }, { inputs: [a, b], outputs: [y] }], live, limits);
    expect(items.map(({ rows, inputs }) => [rows, inputs.map(({ name }) => name)])).toEqual([
      [2, ['a', 'b']],
      [2, ['a', 'b']],
    ]);
    const [, second] = decodeGoldenSet(encodeGoldenSet(items));
    expect(second?.inputs[0]).toMatchObject({
      shape: [2, 2],
      bytes: new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer),
    });
    expect(second?.outputs).toEqual([
      { name: 'y', datatype: 'FP32', shape: [2, 1], bytes: new Uint8Array(Float32Array.of(0.5, 1.5).buffer) },
    ]);
    expect(items[0]).not.toHaveProperty('outputs');
  });

  it.each([
    [{ inputs: [a] }, /^strategy\.golden\.items\[1\]\.inputs: expected all of 'a', 'b', got no 'b'/],
    [{ inputs: [a, { ...b, datatype: 'INT32' }] }, /items\[1\]\.inputs\[1\]\.datatype of 'b': expected INT64/],
    [
      { inputs: [a, b], outputs: [{ ...y, name: 'z' }] },
      /items\[1\]\.outputs\[0\]\.name: expected an output of the model \('y'\)/,
    ],
    [{ inputs: [a, b], outputs: [] }, /items\[1\]\.outputs: expected a list of 1 to 8 tensors/],
    ['text', /items\[1\]\.inputs: expected an object with inputs, got 'text'/],
  ])('%j is refused, naming the item and the field', (item, message) => {
    expect(() => readGoldenItems([{ inputs: [a, b] }, item], live, limits)).toThrow(message);
  });

  it('are what they say, where no version is live', () => {
    const [item] = readGoldenItems([{ inputs: [b, a], outputs: [y] }], undefined, limits);
    expect(item?.inputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['b', [2, 1]],
      ['a', [2, 2]],
    ]);
    const wrong = { ...a, data: [1] };
    expect(() => readGoldenItems([{ inputs: [wrong] }], undefined, limits)).toThrow(/inputs\[0\]\.data of 'a'/);
    const unknown = { ...a, datatype: 'FP33' };
    expect(() => readGoldenItems([{ inputs: [unknown] }], undefined, limits)).toThrow(
      /datatype of 'a': expected one of/,
    );
  });
});
