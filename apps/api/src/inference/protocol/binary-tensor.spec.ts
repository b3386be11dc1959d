import { type Datatype, SluiceError } from '@sluice/contracts';
import { checkBinaryTensor } from './binary-tensor.js';

const FIELD = { path: 'size', of: 'x' };

function check(
  datatype: Datatype,
  shape: number[],
  hex: string,
  platform: 'onnxruntime_onnx' | 'scripted' = 'onnxruntime_onnx',
) {
  const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
  checkBinaryTensor({ name: 'x', datatype, shape, bytes }, FIELD, platform);
}

describe('checkBinaryTensor', () => {
  it.each<[Datatype, number[], string]>([
    ['FP32', [2], '0000c07f000080ff'],
    ['FP16', [3], '003c007c007e'],
    ['BF16', [1], '803f'],
    ['INT64', [], 'ffffffffffffffff'],
    ['BOOL', [2], '0001'],
    ['BYTES', [2], '02000000c3a900000000'],
    ['BYTES', [], '0100000061'],
  ])('takes %s of shape %j: %s', (datatype, shape, hex) => {
    expect(() => check(datatype, shape, hex)).not.toThrow();
  });

  it.each<[Datatype, number[], string, string]>([
    ['FP32', [2], '0000c07f', 'expected 8 bytes (FP32 of shape [2]), got 4'],
    ['FP32', [1], '', 'expected 4 bytes (FP32 of shape [1]), got 0'],
    ['FP16', [1, 2], '00', 'expected 4 bytes (FP16 of shape [1,2]), got 1'],
    ['BOOL', [3], '000102', 'expected bytes of 0 or 1 (BOOL), got 2 at byte 2'],
    ['BYTES', [2], '0100000061', 'expected 2 elements (BYTES of shape [2]), got 1'],
    ['BYTES', [1], '0000000000000000', 'expected 1 elements (BYTES of shape [1]), got 2'],
    ['BYTES', [1], '010000', 'expected a length of 4 bytes in front of element 0 (BYTES), got 3'],
    ['BYTES', [2], '010000006101', 'expected a length of 4 bytes in front of element 1 (BYTES), got 1'],
    [
      'BYTES',
      [1],
      'ffffffff61',
      'expected at most 1 bytes, which is what is left, in element 0 (BYTES), got 4294967295',
    ],
    [
      'BYTES',
      [2],
      '010000006101000000',
      'expected at most 0 bytes, which is what is left, in element 1 (BYTES), got 1',
    ],
    ['BYTES', [1], '01000000ff', 'expected text in UTF-8 (BYTES), got other bytes in element 0'],
    ['BYTES', [1], '03000000610062', 'expected text without NUL (BYTES), got one in element 0'],
  ])('refuses %s of shape %j: %s', (datatype, shape, hex, message) => {
    expect(() => check(datatype, shape, hex)).toThrow(new SluiceError('invalid_request', `size of 'x': ${message}`));
  });

  it('asks for text only where the runtime needs it', () => {
    expect(() => check('BYTES', [1], '02000000ff00', 'scripted')).not.toThrow();
  });
});
