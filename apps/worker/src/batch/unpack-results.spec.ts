import type { InferenceRequest, Tensor } from '@sluice/contracts';
import { unpackResults } from './unpack-results.js';

const request = (rows: number, outputs: string[]): InferenceRequest => ({
  model: 'm',
  version: '1',
  rows,
  inputs: [],
  outputs,
});
const bytes = (name: string, shape: number[], values: number[]): Tensor => ({
  name,
  datatype: 'UINT8',
  shape,
  bytes: Uint8Array.from(values),
});
const text = (values: string[]): Tensor => ({
  name: 't',
  datatype: 'BYTES',
  shape: [values.length],
  bytes: Buffer.concat(
    values.map((value) => {
      const element = Buffer.alloc(4 + value.length, value, 'latin1');
      element.fill(0, 0, 4);
      element.writeUInt32LE(value.length, 0);
      element.write(value, 4, 'latin1');
      return element;
    }),
  ),
});

describe('unpackResults', () => {
  it('gives each request its rows of the outputs that it asked for, in its order', () => {
    const outputs = [bytes('a', [3, 2], [1, 2, 3, 4, 5, 6]), bytes('b', [3], [7, 8, 9])];
    const [first, second] = unpackResults(outputs, [request(1, ['b', 'a']), request(2, ['a'])]);
    expect(first?.outputs.map(({ name, shape, bytes: part }) => [name, shape, [...part]])).toEqual([
      ['b', [1], [7]],
      ['a', [1, 2], [1, 2]],
    ]);
    expect(second?.outputs.map(({ name, shape, bytes: part }) => [name, shape, [...part]])).toEqual([
      ['a', [2, 2], [3, 4, 5, 6]],
    ]);
  });

  it('divides strings of different lengths', () => {
    const results = unpackResults([text(['', 'long one', 'x'])], [request(2, ['t']), request(1, ['t'])]);
    expect(
      results.map(({ outputs }) => Buffer.from(outputs[0]!.bytes).toString('latin1').replaceAll(/\W/g, '')),
    ).toEqual(['longone', 'x']);
  });

  it('leaves the outputs of a request alone as they are', () => {
    const scalar = bytes('s', [], [5]);
    expect(unpackResults([scalar], [request(1, ['s'])])).toEqual([{ outputs: [scalar] }]);
  });

  it('refuses an output that has not the rows of the batch', () => {
    expect(() => unpackResults([bytes('a', [1, 2], [1, 2])], [request(1, ['a']), request(1, ['a'])])).toThrow(
      'output a has shape [1,2] for a batch of 2 rows',
    );
  });
});
