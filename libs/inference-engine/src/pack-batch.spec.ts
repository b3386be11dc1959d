import type { Tensor } from '@sluice/contracts';
import { packBatch } from './pack-batch.js';

describe('packBatch', () => {
  it('starts every input at a multiple of 8 and copies its bytes there', () => {
    const tensors = [tensor('a', 1, 2, 3), tensor('b', 4, 5), tensor('c')];
    const { buffer, inputs, outputs } = packBatch(tensors, ['y']);
    expect(outputs).toEqual(['y']);
    expect(inputs.map(({ name, byteOffset, byteLength }) => [name, byteOffset, byteLength])).toEqual([
      ['a', 0, 3],
      ['b', 8, 2],
      ['c', 16, 0],
    ]);
    expect([...new Uint8Array(buffer)]).toEqual([1, 2, 3, 0, 0, 0, 0, 0, 4, 5, 0, 0, 0, 0, 0, 0]);
  });
});

function tensor(name: string, ...bytes: number[]): Tensor {
  return { name, datatype: 'UINT8', shape: [bytes.length], bytes: Uint8Array.from(bytes) };
}
