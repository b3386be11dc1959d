import type { ModelSignature, Tensor } from '@sluice/contracts';
import fc from 'fast-check';
import { Raggedness } from './raggedness.js';

const SIGNATURE: ModelSignature = {
  inputs: [
    { name: 'ids', datatype: 'INT64', shape: [-1, -1] },
    { name: 'mask', datatype: 'UINT8', shape: [-1, -1] },
    { name: 'bias', datatype: 'FP32', shape: [-1, 3] },
    { name: 'text', datatype: 'BYTES', shape: [-1, -1] },
  ],
  outputs: [{ name: 'hidden', datatype: 'FP32', shape: [-1, -1, 2] }],
};
const tokens = {
  buckets: [4, 8],
  inputs: [
    { name: 'ids', dim: 0, padValue: 7 },
    { name: 'mask', dim: 0, padValue: 0 },
  ],
  outputs: [{ name: 'hidden', dim: 0 }],
};
const ids = (rows: number[][]): Tensor => ({
  name: 'ids',
  datatype: 'INT64',
  shape: [rows.length, rows[0]!.length],
  bytes: new Uint8Array(BigInt64Array.from(rows.flat().map(BigInt)).buffer),
});
const mask = (rows: number, size: number): Tensor => ({
  name: 'mask',
  datatype: 'UINT8',
  shape: [rows, size],
  bytes: new Uint8Array(rows * size).fill(1),
});

describe('Raggedness', () => {
  const ragged = new Raggedness([tokens], SIGNATURE);

  it('pads every input of the dimension to the bucket, each with its value', () => {
    const { bucket, inputs } = ragged.fit([
      ids([
        [1, 2, 3],
        [4, 5, 6],
      ]),
      mask(2, 3),
    ]);
    expect(bucket).toBe('4');
    expect(inputs.map(({ shape }) => shape)).toEqual([
      [2, 4],
      [2, 4],
    ]);
    expect([...new BigInt64Array(inputs[0]!.bytes.buffer)].map(Number)).toEqual([1, 2, 3, 7, 4, 5, 6, 7]);
    expect([...inputs[1]!.bytes]).toEqual([1, 1, 1, 0, 1, 1, 1, 0]);
  });

  it('gives back what an element-wise model would have answered without the padding', () => {
    const request = fc.record({ rows: fc.integer({ min: 1, max: 4 }), size: fc.integer({ min: 1, max: 8 }) });
    fc.assert(
      fc.property(request, ({ rows, size }) => {
        const values = Array.from({ length: rows }, (_, row) =>
          Array.from({ length: size }, (__, column) => row * 100 + column),
        );
        const fitted = ragged.fit([ids(values), mask(rows, size)]);
        const [padded] = fitted.inputs;
        const width = padded!.shape[1]!;
        const seen = [...new BigInt64Array(padded!.bytes.buffer)].flatMap((value) => [Number(value), -Number(value)]);
        const bytes = new Uint8Array(Float32Array.from(seen).buffer);
        const hidden: Tensor = { name: 'hidden', datatype: 'FP32', shape: [rows, width, 2], bytes };
        const [cropped] = fitted.crop({ outputs: [hidden] }).outputs;
        expect(cropped?.shape).toEqual([rows, size, 2]);
        const expected = values.flat().flatMap((value) => [value, value === 0 ? -0 : -value]);
        expect([...new Float32Array(cropped!.bytes.slice().buffer)]).toEqual(expected);
      }),
    );
  });

  it('leaves alone what has a bucket’s size, what fits in none, and what disagrees', () => {
    const exact = [ids([[1, 2, 3, 4]]), mask(1, 4)];
    expect(ragged.fit(exact)).toMatchObject({ bucket: '4', inputs: exact });
    const large = [ids([Array.from({ length: 9 }, () => 1)]), mask(1, 9)];
    expect(ragged.fit(large)).toMatchObject({ bucket: 'other', inputs: large });
    const odd = [ids([[1, 2, 3]]), mask(1, 2)];
    expect(ragged.fit(odd)).toMatchObject({ bucket: 'other', inputs: odd });
    expect(new Raggedness([], SIGNATURE).fit(odd)).toMatchObject({ bucket: '', inputs: odd });
  });

  it('names the sizes at which the model is to be measured', () => {
    const sized = (size: number) => [
      { name: 'ids', axis: 1, size },
      { name: 'mask', axis: 1, size },
    ];
    expect([...ragged.buckets()]).toEqual([
      ['4', sized(4)],
      ['8', sized(8)],
    ]);
    expect([...new Raggedness([], SIGNATURE).buckets()]).toEqual([['', []]]);
  });

  it.each([
    ['an input that is not there', { ...tokens, inputs: [{ name: 'id', dim: 0, padValue: 0 }] }, 'no input id'],
    ['a dim that is fixed', { ...tokens, inputs: [{ name: 'bias', dim: 0, padValue: 0 }] }, 'is not variable'],
    ['an output that is not there', { ...tokens, outputs: [{ name: 'x', dim: 0 }] }, 'no output x'],
    ['strings', { ...tokens, inputs: [{ name: 'text', dim: 0, padValue: 0 }] }, 'is not padded'],
  ])('refuses %s', (_, dimension, problem) => {
    expect(() => new Raggedness([dimension], SIGNATURE)).toThrow(problem);
  });
});
